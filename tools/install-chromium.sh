#!/usr/bin/env bash
# Install Chromium and a small font with Chinese characters, for the tests of the console.
#
#   tools/install-chromium.sh        prints the path of chromium, installs it first if it is not there
#
# Needs root or sudo on Debian. Ubuntu has Chromium only as a snap.
set -euo pipefail
. "$(dirname "$0")/apt.sh"

if ! command -v chromium >/dev/null; then
    if grep -qs '^ID=ubuntu' /etc/os-release; then
        fail "Ubuntu's apt has no Chromium; run: sudo snap install chromium"
    fi
    apt_install chromium fonts-wqy-microhei
fi
command -v chromium || fail "no chromium in PATH"
