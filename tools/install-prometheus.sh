#!/usr/bin/env bash
# Install Debian's Prometheus for the tests, which start their own: the server, and promtool, which
# checks and tests the rules.
#
#   tools/install-prometheus.sh        prints the path of promtool, installs both first if missing
#
# Leaves no server running. Needs root or sudo on Debian and Ubuntu.
set -euo pipefail
. "$(dirname "$0")/apt.sh"

if ! { command -v prometheus && command -v promtool; } >/dev/null; then
    apt_install prometheus
    disable_service prometheus
fi
command -v promtool || fail "no promtool in PATH"
