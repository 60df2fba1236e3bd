#!/bin/sh
# Which images the containers are to have: the real ones where a registry can be reached, otherwise stand-ins made here
# from Debian's packages and PyPI's. Their names begin with wafa-standin.
#
#   sh make.sh names      prints them as lines for `.env`; what our own image is built on is there then
#   sh make.sh servers    makes the other stand-ins
#
# WAFA_STANDINS=1 makes stand-ins in any case.
set -eu
cd "$(dirname "$0")"
root=../../..
servers='rabbitmq mongodb mail prometheus'

real() { sed -n "s/^#$1=//p" "$root/.env.example"; }
variable() { echo "$(echo "$1" | tr a-z A-Z)_IMAGE"; }
had() { docker image inspect "$1" >/dev/null 2>&1; }
told() { echo "$*" >&2; }

all_are_had() {
    [ -z "${WAFA_STANDINS:-}" ] || return 1
    for name in python $servers; do
        image=$(real "$(variable "$name")")
        had "$image" || timeout 300 docker pull -q "$image" >/dev/null 2>&1 || return 1
    done
}

timed() {  # image, how it is made
    image=$1
    shift
    began=$(date +%s)
    "$@" >&2
    told "$(printf '%6d s  %s, %s' $(($(date +%s) - began)) "$image" "$(docker image ls --format '{{.Size}}' "$image")")"
}

# Debian itself, with Python. Where this machine's own Debian packages come from, they come from here.
debian() {
    if ! command -v mmdebstrap >/dev/null; then
        apt-get update -qq
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

build() {  # what; further arguments
    what=$1
    shift
    DOCKER_BUILDKIT=0 docker build --network host --tag "wafa-standin-$what" "$@" >"$scratch/$what.log" 2>&1 ||
        { cat "$scratch/$what.log"; exit 1; }
}

names() {
    if all_are_had; then return; fi
    told "Stand-ins are made for the images."
    had wafa-standin-debian || timed wafa-standin-debian debian
    reach "$scratch/python"
    timed wafa-standin-python build python --file python.Dockerfile "$scratch/python"
    for name in python $servers; do
        echo "$(variable "$name")=wafa-standin-$name"
    done
}

in_python() {  # the two of them share what they begin with
    mkdir "$scratch/servers"
    cp -r mongodb mail "$root/wafa/stack/embedded.py" "$scratch/servers"
    # Without its hashes, which pip wants for everything or for nothing.
    sed -nE 's/^([A-Za-z0-9._-]+==.*[^ \\]) *\\?$/\1/p' "$root/requirements-dev.txt" > "$scratch/servers/constraints.txt"
    mkdir "$scratch/servers/bin"
    if command -v secantusd-rs >/dev/null; then cp "$(command -v secantusd-rs)" "$scratch/servers/bin"; fi
    for one in mongodb mail; do
        timed "wafa-standin-$one" build "$one" --file servers.Dockerfile --target "$one" "$scratch/servers"
    done
}

# Side by side: some wait for the network while others unpack.
servers() {
    timed wafa-standin-rabbitmq build rabbitmq --file rabbitmq.Dockerfile rabbitmq &
    rabbitmq=$!
    timed wafa-standin-prometheus build prometheus - < prometheus.Dockerfile &
    prometheus=$!
    in_python
    wait "$rabbitmq"
    wait "$prometheus"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
case ${1:-} in
    names | servers) "$1" ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
