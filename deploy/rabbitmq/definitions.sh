#!/bin/sh
# Prints RabbitMQ definitions: a user for each service and one for the systems that publish, what each may do, and
# every exchange and queue (topology.json, which `make docs` writes). Passwords come from the environment, or from the
# file that PASSWORDS_FILE names, a line each.
set -eu

if [ -n "${PASSWORDS_FILE:-}" ]; then . "$PASSWORDS_FILE"; fi

shared='crm[.].*|nameko-rpc|amq[.]gen-.*'

for password in "$ADMIN_PASSWORD" "$CUSTOMERS_PASSWORD" "$INTERACTIONS_PASSWORD" \
    "$LOYALTY_PASSWORD" "$NOTIFICATIONS_PASSWORD" "$GATEWAY_PASSWORD" "$WEB_PASSWORD" "$PUBLISHER_PASSWORD" \
    "$BACKUP_PASSWORD"; do
    case $password in
        '' | *[!A-Za-z0-9_-]*)
            echo "Passwords may have letters, digits, - and _ only, because they stand in addresses." >&2
            exit 1
            ;;
    esac
done

user() {  # name, password, tags
    printf '{"name": "%s", "password": "%s", "tags": "%s"}' "$1" "$2" "$3"
}

keys() {  # name, exchange, keys that it may publish with, keys that it may bind to
    printf '{"user": "%s", "vhost": "/", "exchange": "%s", "write": "%s", "read": "%s"}' "$1" "$2" "$3" "$4"
}

may() {  # name, what to configure, write, read
    printf '{"user": "%s", "vhost": "/", "configure": "%s", "write": "%s", "read": "%s"}' "$1" "$2" "$3" "$4"
}

# A service declares the whole topology and publishes, but reads its own queues only. What it refuses it writes to
# the exchange crm.refused; the queue behind that is read by interactions. It cannot make a queue of another service
# that is not there: for one that hands its dead letters on, the broker asks for the right to read it.
service() {  # name, its queues without "wafa."
    may "$1" "^($shared|wafa[.].*|rpc-$1)\$" "^($shared|wafa[.].*|rpc-$1)\$" "^($shared|wafa[.]($2)|rpc-$1)\$"
}

# What Wafa says itself, nobody else says in its name. Any other type may be published, misspelt ones too: they
# come to quarantine, where somebody finds them. (The broker does not ask this of the keys in a CC header: services
# themselves refuse what was not published under its own type.)
ours='customer[.](created|updated|merged|unmerged|erased|recognized|change_applied)[.]|outreach[.](sent|suppressed|converted)[.]|(interaction|loyalty|repurchase|churn|event)([.]|$)'

# The front door publishes for others, so it may say no more than they. It asks the services and hears what they
# publish, with queues that end with its connection. Of what others ask them it hears nothing.
own='nameko-rpc|amq[.]gen-.*'
asked='^(customers|interactions|loyalty|notifications|gateway)[.].*'

# A backup only wants to know how many messages wait, which the broker tells whoever may connect.
cat <<JSON
{
  "vhosts": [{"name": "/"}],
  "users": [
    $(user admin "$ADMIN_PASSWORD" administrator),
    $(user customers "$CUSTOMERS_PASSWORD" ''),
    $(user interactions "$INTERACTIONS_PASSWORD" ''),
    $(user loyalty "$LOYALTY_PASSWORD" ''),
    $(user notifications "$NOTIFICATIONS_PASSWORD" ''),
    $(user gateway "$GATEWAY_PASSWORD" ''),
    $(user web "$WEB_PASSWORD" ''),
    $(user publisher "$PUBLISHER_PASSWORD" ''),
    $(user backup "$BACKUP_PASSWORD" '')
  ],
  "permissions": [
    $(may admin '.*' '.*' '.*'),
    $(service customers 'customers([.]suspects)?'),
    $(service interactions 'interactions([.]suspects)?|quarantine'),
    $(service loyalty 'loyalty([.]suspects)?'),
    $(service notifications 'notifications([.]suspects)?'),
    $(service gateway 'gateway([.]suspects)?'),
    $(may web "^($own)\$" "^($own|crm[.]events)\$" "^($own|crm[.]events)\$"),
    $(may publisher '^$' '^crm[.]events$' '^$'),
    $(may backup '^$' '^$' '^$')
  ],
  "topic_permissions": [
    $(keys web crm.events "^(?!$ours).*" '.*'),
    $(keys web nameko-rpc "$asked" '^[0-9a-f]{32}$'),
    $(keys gateway crm.events "^(customer[.]change_applied[.]|(?!$ours)).*" '.*'),
    $(keys publisher crm.events "^(?!$ours).*" '^$')
  ],
$(sed '1d;$d' "$(dirname "$0")/topology.json")
}
JSON
