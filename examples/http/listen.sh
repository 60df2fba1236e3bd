#!/bin/sh
# Hear of events as they happen, until Ctrl-C.
#
#     WAFA_URL=http://127.0.0.1:8000 WAFA_KEY=wafa_... sh listen.sh
#
# The key needs the scope stream:read.
set -eu

curl --silent --show-error --fail-with-body --no-buffer \
  "${WAFA_URL:-http://127.0.0.1:8000}/v1/stream?types=customer.recognized.v1,loyalty.*" \
  --header "Authorization: Bearer $WAFA_KEY"
