#!/bin/sh
# Prints which images the containers are to have, as lines for `.env`: the real ones where a registry can be reached,
# otherwise stand-ins made here from Debian's packages and PyPI's. Their names begin with wafa-standin.
#
#   WAFA_STANDINS=1 makes stand-ins in any case.
set -eu
cd "$(dirname "$0")"
root=../../..

real() { sed -n "s/^#$1=//p" "$root/.env.example"; }
had() { docker image inspect "$1" >/dev/null 2>&1; }
told() { echo "$*" >&2; }

all_are_had() {
    [ -z "${WAFA_STANDINS:-}" ] || return 1
    for name in PYTHON_IMAGE RABBITMQ_IMAGE MONGODB_IMAGE MAIL_IMAGE; do
        had "$(real "$name")" || timeout 300 docker pull -q "$(real "$name")" >/dev/null 2>&1 || return 1
    done
}

timed() {  # what, command
    what=$1
    shift
    began=$(date +%s)
    "$@" >&2
    told "$(printf '%-32s %4d s  %s' "$what" $(($(date +%s) - began)) "$(size "$what")")"
}

size() { docker image ls --format '{{.Size}}' "$1"; }

# Debian itself, with Python. Where this machine's own Debian packages come from, they come from here.
debian() {
    if ! command -v mmdebstrap >/dev/null; then
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null
    fi
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Origin: Debian' | sort -u | head -n 1)
    mmdebstrap --quiet --variant=apt --include=ca-certificates,python3,python3-venv \
        --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --aptopt='Acquire::Languages "none"' \
        bookworm - "${mirror:-http://deb.debian.org/debian}" | docker import - wafa-standin-debian >/dev/null
}

# How this machine reaches packages is how the build does: the authorities that it trusts, and where pip looks.
reach() {
    mkdir -p "$1"
    cat /etc/ssl/certs/ca-certificates.crt > "$1/ca-certificates.crt"
    {
        echo '[global]'
        python3 -m pip config list 2>/dev/null |
            sed -nE "s/^(global|install|:env:)\.((extra-)?index-url|cert|proxy|trusted-host|timeout)='(.*)'\$/\2 = \4/p" |
            awk '!seen[$1]++'
    } > "$1/pip.conf"
}

build() {  # image, further arguments
    image=$1
    shift
    DOCKER_BUILDKIT=0 docker build --network host --tag "$image" "$@" >"$scratch/log" 2>&1 ||
        { cat "$scratch/log"; exit 1; }
}

if all_are_had; then
    exit 0
fi
told "Making stand-ins for the images ..."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
had wafa-standin-debian || timed wafa-standin-debian debian

reach "$scratch/python"
timed wafa-standin-python build wafa-standin-python --file python.Dockerfile "$scratch/python"
timed wafa-standin-rabbitmq build wafa-standin-rabbitmq --file rabbitmq.Dockerfile rabbitmq

mkdir "$scratch/servers"
cp -r mongodb mail "$scratch/servers"
# Without its hashes, which pip wants for everything or for nothing.
sed -nE 's/^([A-Za-z0-9._-]+==.*[^ \\]) *\\?$/\1/p' "$root/requirements-dev.txt" > "$scratch/servers/constraints.txt"
mkdir "$scratch/servers/bin"
if command -v secantusd-rs >/dev/null; then cp "$(command -v secantusd-rs)" "$scratch/servers/bin"; fi
timed wafa-standin-mongodb build wafa-standin-mongodb --file servers.Dockerfile --target mongodb "$scratch/servers"
timed wafa-standin-mail build wafa-standin-mail --file servers.Dockerfile --target mail "$scratch/servers"

for name in python rabbitmq mongodb mail; do
    echo "$(echo $name | tr a-z A-Z)_IMAGE=wafa-standin-$name"
done
