#!/bin/sh
# As the real image's: the first time, it sets up the users while it listens on localhost alone.
set -eu

if [ "$(id -u)" = 0 ]; then
    chown -R mongodb:mongodb /data/db
    export HOME=/data/db
    exec setpriv --reuid mongodb --regid mongodb --clear-groups "$0" "$@"
fi

serve() {
    exec secantusd --storage-path /data/db --port 27017 --standalone --cache-size 512M --log-level WARNING "$@"
}

if [ -n "${MONGO_INITDB_ROOT_PASSWORD_FILE:-}" ]; then
    MONGO_INITDB_ROOT_PASSWORD=$(cat "$MONGO_INITDB_ROOT_PASSWORD_FILE")
    export MONGO_INITDB_ROOT_PASSWORD
fi

if [ ! -e /data/db/.set-up ]; then
    serve --host 127.0.0.1 &
    server=$!
    until mongosh --quiet --eval 'quit(db.runCommand({ ping: 1 }).ok ? 0 : 1)' 2>/dev/null; do
        kill -0 "$server"
        sleep 0.1
    done
    mongosh --quiet --eval "db.getSiblingDB('admin').createUser({ user: process.env.MONGO_INITDB_ROOT_USERNAME,
        pwd: process.env.MONGO_INITDB_ROOT_PASSWORD, roles: [{ role: 'root', db: 'admin' }] })"
    for script in /docker-entrypoint-initdb.d/*.js; do
        mongosh --quiet "$script"
    done
    kill "$server"
    wait "$server" || true
    touch /data/db/.set-up
fi
serve --host 0.0.0.0 --auth
