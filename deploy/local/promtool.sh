#!/bin/sh
# Makes sure of promtool and Prometheus, by which alerts are tested. On Debian and Ubuntu, as root, it installs them.
set -eu

POLICY=/usr/sbin/policy-rc.d

missing() { ! command -v promtool >/dev/null || ! command -v prometheus >/dev/null; }

if missing && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing prometheus ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # The package would start a Prometheus of its own.
    if [ ! -e "$POLICY" ]; then
        trap 'rm -f "$POLICY"' EXIT
        printf '#!/bin/sh\nexit 101\n' > "$POLICY"
        chmod 755 "$POLICY"
    fi
    apt-get install -y -qq -o DPkg::Lock::Timeout=300 --no-install-recommends prometheus >/dev/null
    if [ -d /run/systemd/system ]; then
        systemctl disable --quiet --now prometheus
    fi
fi
if missing; then
    echo "The tests of alerts need promtool and prometheus. On Debian or Ubuntu: sudo apt-get install prometheus" >&2
    exit 1
fi
