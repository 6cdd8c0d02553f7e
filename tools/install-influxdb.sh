#!/usr/bin/env bash
# Build a real InfluxDB 2 server from its Go module, for the tests. No root needed.
#
#   tools/install-influxdb.sh        prints the path of influxd, builds it first if it is not there
#
# The program goes to ${GUARDIAN_CACHE:-$HOME/.cache/guardian}/bin/influxd: Debian ships no InfluxDB
# with the v2 API. Takes about 6 minutes on two cores and 3 GB of disk; a second run takes no time.
# Needs go 1.23 (or 1.21, if it may fetch 1.23), rustc and cargo 1.72, a C compiler, pkg-config and git.
set -euo pipefail
. "$(dirname "$0")/apt.sh"

version=2.7.12
influxd=$cache/bin/influxd

is_installed() { [ -x "$influxd" ] && "$influxd" version 2>/dev/null | grep -qF "v$version "; }

# at_least WANTED HAVE
at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

require_tools() {
    local tool have missing=
    for tool in go cargo rustc cc pkg-config git; do
        command -v "$tool" >/dev/null || missing="$missing $tool"
    done
    [ -z "$missing" ] || fail "cannot build InfluxDB $version, missing:$missing"
    have=$(go env GOVERSION)
    at_least 1.21 "${have#go}" || fail "needs go 1.23 (or 1.21, if it may fetch 1.23), this is $have"
    have=$(rustc --version | cut -d ' ' -f 2)
    at_least 1.72 "$have" || fail "needs rustc 1.72 or later, this is $have"
}

# Static, so that it runs in any container whatever the C library of this machine.
link_flags() {
    local flags="-s -w -X main.version=v$version -X main.commit=module"
    [ "$(uname)" != Linux ] || flags="$flags -linkmode external -extldflags -static"
    echo "$flags"
}

# build DIRECTORY: leaves DIRECTORY/influxd. It asks for the Rust library through a pkg-config of its own.
build() {
    export GOBIN=$1 PKG_CONFIG=$1/pkg-config RUSTC_WRAPPER=$1/rustc-wrapper
    # The Rust library denies warnings, and newer compilers have more of them.
    printf '%s\n' '#!/bin/sh' 'exec "$@" --cap-lints allow' >"$RUSTC_WRAPPER"
    chmod +x "$RUSTC_WRAPPER"
    # A replacement holds only in the main module, so the one in InfluxDB's go.mod is repeated.
    go install github.com/influxdata/pkg-config@v0.2.14 &&
        cd "$1" &&
        go mod init guardian.test/influxd &&
        go mod edit -require=github.com/influxdata/influxdb/v2@v$version \
            -replace=github.com/nats-io/nats-streaming-server@v0.11.2=github.com/influxdata/nats-streaming-server@v0.11.3-0.20201112040610-c277f7560803 &&
        go build -mod=mod -tags sqlite_foreign_keys,sqlite_json,osusergo,netgo -ldflags "$(link_flags)" \
            -o influxd github.com/influxdata/influxdb/v2/cmd/influxd
}

if ! is_installed; then
    PATH=$PATH:$HOME/.cargo/bin:/usr/local/go/bin
    # The library names an old toolchain, which rustup would want to download.
    export RUSTUP_TOOLCHAIN=${RUSTUP_TOOLCHAIN:-stable}
    require_tools
    say "building InfluxDB $version, about 6 minutes"
    mkdir -p "$cache/bin"
    work=$(mktemp -d "${TMPDIR:-/tmp}/influxdb-build.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    (quietly "$cache/influxdb-build.log" build "$work")
    mv "$work/influxd" "$influxd"
    is_installed || fail "$influxd does not say that it is version $version"
fi
echo "$influxd"
