#!/bin/sh
# Makes sure of Chromium, in which tests look at the pages that customers see. On Debian, as root, it installs it.
set -eu

missing() { ! .venv/bin/python -m tests.browser >/dev/null; }

if missing && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing chromium ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
if missing; then
    echo "The tests of pages need Chromium or Chrome. On Debian: sudo apt-get install chromium" >&2
    exit 1
fi
