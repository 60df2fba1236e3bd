#!/bin/sh
# Makes sure of Node.js and npm, which the test of examples/node needs. On Debian and Ubuntu, as root, it installs them.
set -eu

missing() { ! command -v node >/dev/null || ! command -v npm >/dev/null; }

if missing && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing nodejs and npm ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
fi
if missing; then
    echo "The test of examples/node needs Node.js 18 or later with npm. On Debian or Ubuntu: sudo apt-get install nodejs npm" >&2
    exit 1
fi
