#!/usr/bin/env bash
# Fill build/wheelhouse with Guardian and every Python package that its image needs.
#
#   tools/make-wheelhouse.sh        quick when pyproject.toml has not changed since; `rm -r build` to
#                                   fetch the newest packages all the same
#
# guardian/ holds Guardian's own, packages/ what it needs: for Python 3.11 on Debian 12, whatever this
# machine has, and for the processor of the Docker engine. The image is then built without an index of
# packages. Needs Linux, and pip an index.
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
stamp=build/.wheelhouse-$machine

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
chmod 755 "$new" # mktemp makes it private
pip wheel --no-deps --wheel-dir "$new/guardian" .
if ! [ "$stamp" -nt pyproject.toml ]; then
    say "downloading the Python packages of the image"
    download "$new/packages" "$(echo "$new"/guardian/*.whl)"
    rm "$new"/packages/guardian_safety-*.whl
    rm -rf $house
    mv "$new" $house
    touch "$stamp"
else
    rm -rf $house/guardian
    mv "$new/guardian" $house/guardian
fi
