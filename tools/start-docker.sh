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

# runs PID: whether it is a dockerd, and not one that was killed and waits for its parent (Z).
runs() { grep -qsx 'Name:[[:space:]]dockerd' "/proc/$1/status" && ! grep -qs '^State:[[:space:]]Z' "/proc/$1/status"; }

# Prints the process id of the dockerd started by this script.
our_dockerd() {
    local pid
    pid=$(cat "$pidfile" 2>/dev/null) && runs "$pid" && echo "$pid"
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

ended() { ! runs "$1"; }

stop() {
    local pid
    pid=$(our_dockerd) || return 0
    as_root kill "$pid"
    # dockerd gives each container 10 s to end, and itself 15.
    wait_until 30 ended "$pid" || fail "dockerd ($pid) does not end, see $log"
}

start() {
    [ "$(uname)" = Linux ] || fail "no Docker engine answers; start Docker Desktop"
    command -v dockerd >/dev/null || apt_install docker.io iptables
    command -v docker >/dev/null || apt_install docker-cli # a package of its own since Debian 13
    if [ -d /run/systemd/system ]; then
        as_root systemctl start docker
    else
        start_by_hand
    fi
    answers || fail "dockerd runs, but does not answer $(id -un); in the group docker? DOCKER_HOST?"
}

start_by_hand() {
    if ! our_dockerd >/dev/null; then
        say "starting dockerd, log in $log"
        mkdir -p "$cache"
        as_root rm -f "$pidfile" # one left by a kill would keep dockerd from starting
        as_root setsid --fork dockerd --pidfile "$pidfile" </dev/null >"$log" 2>&1
    fi
    wait_until 60 answers_or_failed || fail "no answer from dockerd in 60 s, see $log"
    as_root docker info >/dev/null 2>&1 || fail "$(tail -n 1 "$log")"
}

# lost_bridge: whether somebody has removed the network that containers are attached to.
lost_bridge() { our_dockerd >/dev/null && [ ! -d /sys/class/net/docker0 ]; }

answers_or_failed() { as_root docker info >/dev/null 2>&1 || grep -qs '^failed to start' "$log"; }

case ${1:-} in
    --stop) stop ;;
    '')
        if lost_bridge; then
            say "docker0 is gone: starting dockerd anew"
            stop
        fi
        answers || start
        ;;
    *) fail "usage: tools/start-docker.sh [--stop]" ;;
esac
