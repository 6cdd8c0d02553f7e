#!/usr/bin/env bash
# Build Guardian's container image from this checkout.
#
#   tools/make-image.sh [TAG...]        guardian:TAG; without one guardian:latest and guardian:VERSION
#
# Takes half a minute the first time. Needs a Docker engine, a mirror of Debian, and a Python index.
set -euo pipefail
. "$(dirname "$0")/apt.sh"
cd "$(dirname "$0")/.."

# The network of the host, because a dockerd started by hand may have no other way out.
build() { docker build --quiet --network host "$@" .; }

"$(dirname "$0")/make-wheelhouse.sh"
[ $# -gt 0 ] || set -- latest "$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)"
docker image inspect debian:bookworm-slim >/dev/null 2>&1 || "$(dirname "$0")/make-images.sh" --base
mkdir -p "$cache"
tags=()
for tag; do tags+=(--tag "guardian:$tag"); done
say "building guardian:$1"
quietly "$cache/image-guardian.log" build "${tags[@]}"
docker image inspect --format '{{.Size}}' "guardian:$1" |
    awk -v image="guardian:$1" '{ printf "%s, %.0f MB\n", image, $1 / 1e6 }'
