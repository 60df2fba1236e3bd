#!/bin/sh
# Makes sure of promtool and Prometheus, by which alerts are tested. On Debian and Ubuntu, as root, it installs them.
set -eu
. "$(dirname "$0")/apt.sh"

POLICY=/usr/sbin/policy-rc.d

missing() { ! command -v promtool >/dev/null || ! command -v prometheus >/dev/null; }

if missing && can_install; then
    # The package would start a Prometheus of its own.
    if [ ! -e "$POLICY" ]; then
        trap 'rm -f "$POLICY"' EXIT
        printf '#!/bin/sh\nexit 101\n' > "$POLICY"
        chmod 755 "$POLICY"
    fi
    install prometheus
    if [ -d /run/systemd/system ]; then
        systemctl disable --quiet --now prometheus
    fi
fi
if missing; then
    echo "The tests of alerts need promtool and prometheus. On Debian or Ubuntu: sudo apt-get install prometheus" >&2
    exit 1
fi
