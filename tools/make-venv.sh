#!/usr/bin/env bash
# Make .venv with this checkout installed in it. Quiet and quick when nothing changed.
#
#   tools/make-venv.sh EXTRAS        for example device,server
#
# It is made anew when it was cut off, the checkout has moved, or its Python is gone. Several may run
# at once. Python 3.11 to 3.13: $PYTHON, python3, or one with its version in its name.
set -euo pipefail
. "$(dirname "$0")/apt.sh"
cd "$(dirname "$0")/.."

extras=$1
stamp=.venv/.installed-$extras
unfinished=.venv/.unfinished

# fits PYTHON [MODULE]: whether it is a Python for Guardian, and has the module.
fits() {
    "$1" -c "import sys, ${2:-sys}; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" 2>/dev/null
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if fits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "Guardian needs Python 3.11 to 3.13: sudo apt install python3.11 python3.11-venv (macOS: brew install python@3.13)"
}

# Programs in .venv/bin begin with their own path, which is in pyvenv.cfg too.
is_whole() {
    [ ! -e "$unfinished" ] && fits .venv/bin/python pip &&
        { ! grep -q '^command = ' .venv/pyvenv.cfg || grep -qF " $(pwd -P)/.venv" .venv/pyvenv.cfg; }
}

is_current() { [ "$stamp" -nt pyproject.toml ] && is_whole; }

make_anew() {
    local python
    python=$(find_python)
    fits "$python" ensurepip ||
        fail "Python's venv module is missing: sudo apt install $(basename "$python")-venv"
    say "making .venv with $("$python" --version)"
    rm -rf .venv
    mkdir .venv
    touch "$unfinished"
    "$python" -m venv .venv
}

# Waits for others that do the same here; the lock ends with this script. Some file systems have none.
lock() {
    local python=.venv/bin/python
    is_whole || python=$(find_python)
    exec 9<pyproject.toml
    "$python" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' 2>/dev/null || true
}

if is_current; then exit 0; fi
lock
if is_current; then exit 0; fi
is_whole || make_anew
say "installing Guardian into .venv (a minute or two the first time)"
touch "$unfinished"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[$extras]"
touch "$stamp"
rm "$unfinished"
