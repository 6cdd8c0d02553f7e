# Sourced by the scripts beside it: messages, root rights and apt.
# shellcheck shell=bash

script=$(basename "$0" .sh)
cache=${GUARDIAN_CACHE:-$HOME/.cache/guardian}
PATH=$PATH:/usr/sbin:/sbin # Debian leaves them out for users

say() { echo "$script: $*" >&2; }

fail() {
    say "$*"
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# quietly LOG COMMAND...: runs it with its output in LOG; ends the script with LOG's last lines if it fails.
quietly() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 || fail "failed: $*; last lines of $log: $(tail -n 5 "$log")"
}

# apt_install PACKAGE...: installs them with apt and starts none of their services.
apt_install() {
    command -v apt-get >/dev/null || fail "cannot install $*: no apt-get, this needs Debian 12, 13 or Ubuntu 24.04"
    say "installing with apt: $*"
    as_root true 2>/dev/null || fail "cannot install $*: needs root or sudo; who has them can run: apt-get install $*"
    mkdir -p "$cache"
    without_service_starts apt_get_install "$@" >"$cache/apt.log" 2>&1 ||
        fail "apt could not install $*, see $cache/apt.log: $(tail -n 1 "$cache/apt.log")"
}

# disable_service NAME: keeps a service that apt has just brought from running, now and after a boot.
disable_service() {
    as_root update-rc.d "$1" disable >>"$cache/apt.log" 2>&1 || say "could not disable the service $1, see $cache/apt.log"
    [ ! -d /run/systemd/system ] || as_root systemctl --quiet stop "$1"
}

# Debian starts what it installs, unless this policy says no.
without_service_starts() (
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'as_root rm -f "$policy"' EXIT
        printf '%s\n' '#!/bin/sh' 'exit 101' | as_root install -m 755 /dev/stdin "$policy" || exit
    fi
    "$@"
)

# The lists of packages are fetched only when the ones at hand are missing or too old.
apt_get_install() {
    local apt="env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300"
    # shellcheck disable=SC2086 # $apt is several words
    as_root $apt install --yes --no-install-recommends "$@" ||
        { as_root $apt update && as_root $apt install --yes --no-install-recommends "$@"; }
}
