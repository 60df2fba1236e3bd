#!/bin/sh
# Starts a member of the replica set in its container. By the key the members know each other.
set -eu

key=/data/configdb/wafa.key
rm -f "$key"
install -m 400 -o mongodb -g mongodb /dev/null "$key"
cp "$CLUSTER_PASSWORD_FILE" "$key"
exec docker-entrypoint.sh mongod --replSet wafa --keyFile "$key" --bind_ip_all
