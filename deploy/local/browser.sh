#!/bin/sh
# Makes sure of Chromium, in which tests look at the pages that customers see. On Debian, as root, it installs it.
set -eu
. "$(dirname "$0")/apt.sh"

missing() { ! .venv/bin/python -m tests.browser >/dev/null; }

if missing && can_install; then
    install chromium
fi
if missing; then
    echo "The tests of pages need Chromium or Chrome. On Debian: sudo apt-get install chromium" >&2
    exit 1
fi
