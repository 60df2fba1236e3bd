#!/bin/sh
# Starts a node in its container. By the cookie the nodes know each other.
set -eu

cookie=/var/lib/rabbitmq/.erlang.cookie
rm -f "$cookie"
install -m 400 -o rabbitmq -g rabbitmq /dev/null "$cookie"
printf %s "$(cat "$CLUSTER_PASSWORD_FILE")" > "$cookie"
exec docker-entrypoint.sh rabbitmq-server
