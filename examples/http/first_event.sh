#!/bin/sh
# Tell Wafa of a purchase over HTTP.
#
#     WAFA_URL=http://127.0.0.1:8000 WAFA_KEY=wafa_... sh first_event.sh
#
# The key needs the scope events:write. The answer comes when the event is safe; it says so of each event.
set -eu

receipt="R-$(date +%s)-$$" # here you have a number of your own
curl --silent --show-error --fail-with-body "${WAFA_URL:-http://127.0.0.1:8000}/v1/events" \
  --header "Authorization: Bearer $WAFA_KEY" \
  --header "Content-Type: application/json" \
  --data @- <<JSON
{
  "specversion": "1.0",
  "type": "purchase.completed.v1",
  "source": "/examples/curl",
  "id": "$receipt",
  "time": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
  "data": {
    "purchase_id": "$receipt",
    "total": {"amount": "29.33", "currency": "USD"},
    "channel": "web",
    "customer": {"email": "salma@example.com", "name": "سلمى", "locale": "ar"}
  }
}
JSON
