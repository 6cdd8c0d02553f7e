#!/usr/bin/env bash
# Install what the tests make faults with: strace (a power cut), iproute2 and iptables (a bad link).
#
#   tools/install-faults.sh        needs root or sudo on Debian and Ubuntu
set -euo pipefail
. "$(dirname "$0")/apt.sh"

for program in strace ip tc iptables unshare nsenter; do
    command -v "$program" >/dev/null || missing=1
done
[ -z "${missing:-}" ] || apt_install strace iproute2 iptables util-linux
