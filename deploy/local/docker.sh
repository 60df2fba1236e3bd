#!/bin/sh
# Makes sure of a Docker engine and of Compose. On Debian, as root, it installs both and starts an engine:
#
#   sh deploy/local/docker.sh start       nothing to do where `docker info` answers
#   sh deploy/local/docker.sh stop        ends the engine that `start` has started, and no other
set -eu
. "$(dirname "$0")/apt.sh"

pid=${WAFA_DOCKER_PID:-/run/wafa-dockerd.pid}
log=${WAFA_DOCKER_LOG:-/var/log/wafa-dockerd.log}

answers() { docker info >/dev/null 2>&1; }
composes() { docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null; }
is_ours() { [ -s "$pid" ] && [ "$(cat "/proc/$(cat "$pid")/comm" 2>/dev/null)" = dockerd ]; }

start() {
    if ! command -v docker >/dev/null || { ! answers && ! command -v dockerd >/dev/null; }; then
        if can_install; then install docker.io iptables; fi
    fi
    if ! composes && can_install; then install docker-compose; fi
    if ! answers && [ "$(id -u)" = 0 ] && command -v dockerd >/dev/null; then
        echo "Starting a Docker engine ..."
        setsid dockerd --pidfile "$pid" >"$log" 2>&1 </dev/null &
        for _ in $(seq 120); do
            answers && break
            sleep 0.5
        done
    fi
    if ! answers; then
        if [ -s "$log" ]; then tail -20 "$log" >&2; fi
        echo "No Docker engine answers here. On Debian: sudo apt-get install docker.io docker-compose" >&2
        exit 1
    fi
    if ! composes; then
        echo "Docker Compose is missing. On Debian: sudo apt-get install docker-compose" >&2
        exit 1
    fi
}

stop() {
    is_ours || return 0
    ours=$(cat "$pid")
    kill "$ours"
    while kill -0 "$ours" 2>/dev/null; do sleep 0.2; done
    echo "The Docker engine has ended."
}

case ${1:-} in
    start | stop) "$1" ;;
    *) sed -n '2,5s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
