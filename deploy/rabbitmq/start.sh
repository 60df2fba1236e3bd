#!/bin/sh
# Starts RabbitMQ in its container. The users are imported at every start: a new password takes effect with the next.
set -eu

definitions=/etc/rabbitmq/wafa-definitions.json
install -m 600 -o rabbitmq /dev/null "$definitions"
sh "$(dirname "$0")/definitions.sh" > "$definitions"
exec docker-entrypoint.sh rabbitmq-server
