#!/usr/bin/env bash
# Fill build/wheelhouse with Guardian and every Python package that its image needs.
#
#   tools/make-wheelhouse.sh        quick when pyproject.toml has not changed since
#
# They are for Python 3.11 on Debian 12 whatever this machine's are, for the processor of the Docker
# engine. The image is then built without an index of packages. Needs Linux, an index, or one in pip's
# settings.
set -euo pipefail
. "$(dirname "$0")/apt.sh"
cd "$(dirname "$0")/.."

house=build/wheelhouse
processor=$(docker version --format '{{.Server.Arch}}' 2>/dev/null) ||
    fail "no Docker engine answers; run tools/start-docker.sh"
case $processor in
    amd64) machine=x86_64 ;;
    arm64) machine=aarch64 ;;
    *) fail "the packages have no wheels for $processor" ;;
esac
stamp=$house/.filled-$machine

pip() { .venv/bin/python -m pip --quiet --disable-pip-version-check "$@"; }

# download DIRECTORY WHEEL: what the wheel needs. Debian 12 has glibc 2.36.
download() {
    local platform platforms=()
    for platform in manylinux_2_17 manylinux2014 manylinux_2_28 manylinux_2_34 manylinux_2_35 manylinux_2_36; do
        platforms+=(--platform "${platform}_$machine")
    done
    pip download --dest "$1" --only-binary :all: --implementation cp --python-version 3.11 \
        "${platforms[@]}" "$2[device,server]"
}

[ -x .venv/bin/python ] || "$(dirname "$0")/make-venv.sh" device,server
mkdir -p build
new=$(mktemp -d build/wheelhouse.XXXXXX)
trap 'rm -rf "$new"' EXIT
pip wheel --no-deps --wheel-dir "$new" .
if [ "$stamp" -nt pyproject.toml ]; then
    rm -f $house/guardian_safety-*.whl
    mv "$new"/*.whl $house
else
    say "downloading the Python packages of the image"
    download "$new" "$(echo "$new"/*.whl)"
    rm -rf $house
    mv "$new" $house
    chmod 755 $house # mktemp makes it private
    touch "$stamp"
fi
