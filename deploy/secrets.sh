#!/bin/sh
# Writes what nobody else may read from `.env` into files of `secrets/`. Containers take it from there, so that
# `docker inspect` does not show it. After each change of `.env`:
#
#   sh deploy/secrets.sh                another file, another folder: sh deploy/secrets.sh .env secrets
set -eu

root=$(dirname "$0")/..
env=${1:-$root/.env}
folder=${2:-$root/secrets}
services='customers interactions loyalty notifications gateway web'

fail() {
    echo "$1" >&2
    exit 1
}
value() { sed -n "s/^$1=//p" "$env" | tail -n 1; }
password_of() { echo "$(echo "$1" | tr a-z A-Z)_PASSWORD"; }

if [ ! -f "$env" ] || [ ! -r "$env" ]; then
    fail "$env is not there, or cannot be read. For a new one: sh deploy/env.sh > .env"
fi
if grep -q "$(printf '\r')" "$env"; then
    fail "$env has the line ends of Windows, which would become a part of passwords: save it with those of Unix."
fi
for name in WAFA_SMTP_URL OTEL_EXPORTER_OTLP_HEADERS WAFA_LINK_SECRET WAFA_SMS_SECRET WAFA_WHATSAPP_SECRET; do
    case $(value "$name") in
        [\"\']*) fail "$name in $env: without quotes around it, for they would become a part of it." ;;
    esac
done

cluster=
mongodb=mongodb:27017
options=
# As deploy/cluster has them.
if [ -n "$(value MONGODB_CLUSTER_PASSWORD)" ]; then
    cluster='rabbitmq_cluster mongodb_cluster'
    mongodb=mongodb-1:27017,mongodb-2:27017,mongodb-3:27017
    # What a majority does not have yet may be taken back after a failure, so nothing is decided by it.
    options='replicaSet=wafa&readConcernLevel=majority'
fi

for user in $services publisher backup rabbitmq_admin mongodb_admin grafana_admin $cluster; do
    name=$(password_of "$user")
    case $(value "$name") in
        '' | *[!A-Za-z0-9_-]*)
            fail "$name in $env: letters, digits, - and _ only, because it stands in addresses, and at least one."
            ;;
    esac
done

# The folder keeps others on this machine out. In a container there is the file alone, and whoever runs there reads it.
mkdir -p "$folder"
chmod 700 "$folder"
chmod 600 "$env"

keep() {  # name of the file; what is in it comes by standard input
    # Where Docker was to mount a file that was not there, it has made a folder.
    if [ -d "$folder/$1" ]; then rmdir "$folder/$1"; fi
    rm -f "$folder/$1"
    cat > "$folder/$1"
    chmod 444 "$folder/$1"
}

passwords() {  # of whom
    for user in "$@"; do
        name=$(password_of "$user")
        echo "$name=$(value "$name")"
    done
}

# MongoDB takes passwords when its volume is new, and goes on with those: without the admin's former one, nobody could
# change them there.
is_new() { [ -f "$folder/$1" ] && [ "$(cat "$folder/$1")" != "$2" ]; }
changed=
if is_new mongodb_admin "$(value MONGODB_ADMIN_PASSWORD)"; then
    (umask 077 && cat "$folder/mongodb_admin" >> "$folder/mongodb_admin.former")
    changed=yes
fi
if is_new mongodb_users "$(passwords $services backup)"; then changed=yes; fi

for user in $services; do
    password=$(value "$(password_of "$user")")
    case $user in
        web) database=wafa_gateway ;;
        *) database=wafa_$user ;;
    esac
    echo "amqp://$user:$password@rabbitmq:5672/%2F" | keep "amqp_$user"
    echo "mongodb://$user:$password@$mongodb/?authSource=$database${options:+&$options}" | keep "mongodb_$user"
done
all_of_it() {  # for whom; the user, and the passwords that RabbitMQ and MongoDB know
    echo "amqp://$2:$3@rabbitmq:5672/%2F" | keep "amqp_$1"
    echo "mongodb://$2:$4@$mongodb/${options:+?$options}" | keep "mongodb_$1"
}
all_of_it backup backup "$(value BACKUP_PASSWORD)" "$(value BACKUP_PASSWORD)"
all_of_it restore admin "$(value RABBITMQ_ADMIN_PASSWORD)" "$(value MONGODB_ADMIN_PASSWORD)"
{
    echo "ADMIN_PASSWORD=$(value RABBITMQ_ADMIN_PASSWORD)"
    passwords publisher backup $services
} | keep rabbitmq_users
passwords $services backup | keep mongodb_users
for nodes in $cluster; do
    value "$(password_of "$nodes")" | keep "$nodes"
done
value MONGODB_ADMIN_PASSWORD | keep mongodb_admin
value GRAFANA_ADMIN_PASSWORD | tr -d '\n' | keep grafana_admin
smtp_url=$(value WAFA_SMTP_URL)
printf '%s\n' "${smtp_url:-smtp://mail:1025}" | keep smtp_url
value OTEL_EXPORTER_OTLP_HEADERS | keep otlp_headers
value WAFA_LINK_SECRET | keep link_secret
value WAFA_SMS_SECRET | keep sms_secret
value WAFA_WHATSAPP_SECRET | keep whatsapp_secret

if [ -n "$changed" ]; then
    echo "Passwords of MongoDB have changed. Unless its volume is new, it knows the former ones until they are changed" \
        "there, too (db.changeUserPassword; former ones of admin: $folder/mongodb_admin.former, the latest last)." >&2
fi
