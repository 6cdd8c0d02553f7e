#!/usr/bin/env bash
# Make an empty Debian to boot, and the Python packages of Guardian, for the test of docs/install.md.
#
#   tools/make-debian.sh PACKAGE...        prints a directory; makes it first if it is not there
#
#   DIRECTORY/tree      Debian with systemd and Python; it can install these packages without a network
#   DIRECTORY/wheels    what Guardian and the building of it need, without Guardian itself
#
# Debian 12, or the one that GUARDIAN_TEST_DEBIAN names: bookworm, trixie. About 2 minutes from
# nothing. Needs root or sudo.
set -euo pipefail
. "$(dirname "$0")/apt.sh"
root=$(cd "$(dirname "$0")/.." && pwd)

suite=${GUARDIAN_TEST_DEBIAN:-bookworm}
case $suite in
    bookworm) python=3.11 ;;
    trixie) python=3.13 ;;
    *) fail "no Python is known for Debian $suite" ;;
esac
house=$cache/debian-$suite
tree=$house/tree
wheels=$house/wheels

# made WHAT CONTENT: whether WHAT was finished, from this content.
made() { [ "$(cat "$house/$1.made" 2>/dev/null)" = "$2" ]; }

make_tree() {
    say "making an empty Debian ($suite), about 2 minutes"
    as_root rm -rf "$tree"
    quietly "$cache/debian-tree.log" as_root debootstrap --variant=minbase --include=dbus,netbase,python3-venv,systemd-sysv \
        "$suite" "$tree"
    echo force-unsafe-io | as_root tee "$tree/etc/dpkg/dpkg.cfg.d/unsafe-io" >/dev/null
    echo 'Acquire::Retries "0";' | as_root tee "$tree/etc/apt/apt.conf.d/90retries" >/dev/null
    quietly "$cache/debian-apt.log" as_root chroot "$tree" \
        apt-get install --download-only --yes --no-install-recommends "$@"
}

# For that Debian's Python, whatever this machine has. Debian 12 has glibc 2.36.
make_wheels() {
    local tag work tags=() pip=("$root/.venv/bin/python" -m pip --quiet --disable-pip-version-check)
    for tag in manylinux_2_17 manylinux2014 manylinux_2_28 manylinux_2_34 manylinux_2_35 manylinux_2_36; do
        tags+=(--platform "${tag}_$(uname -m)")
    done
    say "downloading Python packages"
    [ -x "$root/.venv/bin/python" ] || "$root/tools/make-venv.sh" device,server
    rm -rf "$wheels"
    work=$(mktemp -d "${TMPDIR:-/tmp}/guardian-wheel.XXXXXX")
    # shellcheck disable=SC2064 # the directory is known now
    trap "rm -rf '$work'" EXIT
    "${pip[@]}" wheel --no-deps --wheel-dir "$work" "$root"
    "${pip[@]}" download --dest "$wheels" --only-binary :all: --implementation cp --python-version "$python" \
        "${tags[@]}" hatchling "$(echo "$work"/*.whl)[device,server]"
    rm -f "$wheels"/guardian_safety-*.whl
}

mkdir -p "$house"
exec 9>"$house/lock"
flock 9
if ! made tree "$*"; then
    make_tree "$@"
    echo "$*" >"$house/tree.made"
fi
needs=$(sha256sum <"$root/pyproject.toml")
if ! made wheels "$needs"; then
    make_wheels
    echo "$needs" >"$house/wheels.made"
fi
echo "$house"
