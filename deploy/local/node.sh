#!/bin/sh
# Makes sure of Node.js and npm, which the test of examples/node needs. On Debian and Ubuntu, as root, it installs them.
set -eu
. "$(dirname "$0")/apt.sh"

missing() { ! command -v node >/dev/null || ! command -v npm >/dev/null; }

if missing && can_install; then
    install nodejs npm
fi
if missing; then
    echo "The test of examples/node needs Node.js 18 or later with npm. On Debian or Ubuntu: sudo apt-get install nodejs npm" >&2
    exit 1
fi
