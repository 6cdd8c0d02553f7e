#!/usr/bin/env bash
# See to it that Docker Compose 2 is there, built from its Go module where nobody has installed it.
#
#   tools/install-compose.sh        prints the path of docker-compose, builds it first if need be
#
# The program goes to ${GUARDIAN_CACHE:-$HOME/.cache/guardian}/bin/docker-compose and is linked into
# ~/.docker/cli-plugins, so that `docker compose` finds it: Debian 12 has only the first Compose. Takes
# 2 minutes on two cores; a second run takes no time. Needs go 1.24 (or 1.21, if it may fetch it).
set -euo pipefail
. "$(dirname "$0")/apt.sh"

version=2.40.3
compose=$cache/bin/docker-compose
plugin=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins/docker-compose

# at_least WANTED HAVE
at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# installed COMMAND...: whether it is Compose, and new enough for optional files of variables.
installed() {
    local have
    have=$("$@" version --short 2>/dev/null) && at_least 2.24 "${have#v}"
}

# build DIRECTORY: leaves DIRECTORY/docker-compose.
build() {
    cd "$1" &&
        go mod init guardian.test/compose &&
        go get github.com/docker/compose/v2@v$version &&
        go build -mod=mod -o docker-compose \
            -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=v$version" \
            github.com/docker/compose/v2/cmd
}

if ! installed docker compose && ! installed "$compose"; then
    PATH=$PATH:/usr/local/go/bin
    command -v go >/dev/null || fail "cannot build Compose $version: no go; or install docker-compose-plugin"
    say "building Compose $version, about 2 minutes"
    mkdir -p "$cache/bin"
    work=$(mktemp -d "${TMPDIR:-/tmp}/compose-build.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    (quietly "$cache/compose-build.log" build "$work")
    mv "$work/docker-compose" "$compose"
    installed "$compose" || fail "$compose does not say that it is version $version"
fi
if ! installed docker compose; then
    mkdir -p "$(dirname "$plugin")"
    ln -sf "$compose" "$plugin"
fi
if installed "$compose"; then
    echo "$compose"
else
    docker info --format '{{range .ClientInfo.Plugins}}{{if eq .Name "compose"}}{{.Path}}{{end}}{{end}}'
fi
