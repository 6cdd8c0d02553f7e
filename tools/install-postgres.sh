#!/usr/bin/env bash
# Install the PostgreSQL server for the tests, which start their own processes of it.
#
#   tools/install-postgres.sh        prints the directory of initdb and postgres, installs them first
#
# Leaves no server running. Needs root or sudo on Debian and Ubuntu.
set -euo pipefail
. "$(dirname "$0")/apt.sh"

# Debian keeps each version's programs in a directory of its own, outside PATH. The newest one wins.
find_bindir() {
    local newest
    newest=$(find /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -V | tail -n 1)
    [ -n "$newest" ] || newest=$(command -v postgres) || return 1
    dirname "$newest"
}

if ! find_bindir >/dev/null; then
    apt_install postgresql
    disable_service postgresql
fi
find_bindir || fail "no postgres in /usr/lib/postgresql/*/bin or PATH"
