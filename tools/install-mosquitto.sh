#!/usr/bin/env bash
# Install the MQTT broker Mosquitto for the demo and the tests, which start their own processes of it.
#
#   tools/install-mosquitto.sh        prints the path of mosquitto, installs it first if it is not there
#
# Leaves no broker running on port 1883. Needs root or sudo on Debian and Ubuntu, Homebrew on macOS.
set -euo pipefail
. "$(dirname "$0")/apt.sh"

find_mosquitto() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin command -v mosquitto
}

if ! find_mosquitto >/dev/null; then
    if [ "$(uname)" = Darwin ]; then
        command -v brew >/dev/null || fail "needs Homebrew; then run: brew install mosquitto"
        say "running: brew install mosquitto"
        brew install --quiet mosquitto >&2
    else
        apt_install mosquitto
        disable_service mosquitto
    fi
fi
find_mosquitto || fail "no mosquitto in PATH, /usr/sbin, /usr/local/sbin or /opt/homebrew/sbin"
