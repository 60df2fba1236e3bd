#!/bin/sh
# Gives a cluster its users, exchanges and queues, each queue with a member on every node. Safe to repeat, and to be
# repeated when a password has changed or a node has lost its disk. Passwords come as definitions.sh has them; that of the
# nodes from CLUSTER_PASSWORD, or from the file that CLUSTER_PASSWORD_FILE names.
set -eu
umask 077

nodes=${NODES:-rabbit@rabbitmq-1 rabbit@rabbitmq-2 rabbit@rabbitmq-3}
first=${nodes%% *}
HOME=$(mktemp -d)
export HOME
printf %s "${CLUSTER_PASSWORD:-$(cat "$CLUSTER_PASSWORD_FILE")}" > "$HOME/.erlang.cookie"
chmod 400 "$HOME/.erlang.cookie"

rabbitmqctl --node "$first" await_online_nodes "$(echo "$nodes" | wc -w)" --timeout 300
sh "$(dirname "$0")/definitions.sh" > "$HOME/definitions.json"
rabbitmqctl --node "$first" import_definitions "$HOME/definitions.json"
if rabbitmqctl --node "$first" --quiet list_users | grep -q '^guest'; then
    rabbitmqctl --node "$first" delete_user guest
fi
for node in $nodes; do
    rabbitmq-queues --node "$first" grow "$node" all
done
