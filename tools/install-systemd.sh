#!/usr/bin/env bash
# Install what the tests of the units need: systemd-analyze, systemd-nspawn and debootstrap.
#
#   tools/install-systemd.sh        prints the path of systemd-nspawn, installs it first if it is not there
#
# Starts nothing. Needs root or sudo on Debian and Ubuntu.
set -euo pipefail
. "$(dirname "$0")/apt.sh"

command -v systemd-nspawn >/dev/null || apt_install systemd-container
command -v debootstrap >/dev/null || apt_install debootstrap debian-archive-keyring
command -v ip >/dev/null || apt_install iproute2
command -v systemd-nspawn || fail "no systemd-nspawn in PATH"
