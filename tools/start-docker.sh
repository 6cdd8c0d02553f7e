#!/usr/bin/env bash
# See to it that a Docker engine runs, for the tests with containers.
#
#   tools/start-docker.sh           installs docker.io and starts dockerd where no engine answers
#   tools/start-docker.sh --stop    stops the dockerd that this script has started, and its containers
#
# With systemd the service "docker" is started. Without it, dockerd runs in the background with its
# log in ${GUARDIAN_CACHE:-$HOME/.cache/guardian}/dockerd.log. Needs root or sudo.
set -euo pipefail
. "$(dirname "$0")/apt.sh"

pidfile=$cache/dockerd.pid
log=$cache/dockerd.log

answers() { docker info >/dev/null 2>&1; }

# Prints the process id of the dockerd started by this script.
our_dockerd() {
    local pid
    pid=$(cat "$pidfile" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] && echo "$pid"
}

# wait_until SECONDS COMMAND...
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.2
    done
}

stop() {
    local pid
    pid=$(our_dockerd) || return 0
    as_root kill "$pid"
    # dockerd gives each container 10 s to end, and itself 15.
    wait_until 30 test ! -d "/proc/$pid" || fail "dockerd ($pid) does not end, see $log"
}

start() {
    [ "$(uname)" = Linux ] || fail "no Docker engine answers; start Docker Desktop"
    command -v dockerd >/dev/null || apt_install docker.io
    if [ -d /run/systemd/system ]; then
        as_root systemctl start docker
    else
        start_by_hand
    fi
    wait_until 60 answers || fail "no answer from dockerd (is $(id -un) in the group docker?): $(docker info 2>&1 | tail -n 1); $log"
}

start_by_hand() {
    say "starting dockerd, log in $log"
    mkdir -p "$cache"
    our_dockerd >/dev/null || as_root rm -f "$pidfile"
    as_root setsid --fork dockerd --pidfile "$pidfile" </dev/null >"$log" 2>&1
}

case ${1:-} in
    --stop) stop ;;
    '') answers || start ;;
    *) fail "usage: tools/start-docker.sh [--stop]" ;;
esac
