#!/usr/bin/env bash
# Usage: tools/make-venv.sh EXTRAS   (for example device,server)
#
# Makes .venv with this checkout and the extras installed. Quiet and quick when nothing changed.
set -euo pipefail
cd "$(dirname "$0")/.."

extras=$1
stamp=.venv/.installed-$extras

fits() {
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

if [ -e "$stamp" ] && [ "$stamp" -nt pyproject.toml ]; then
  exit 0
fi

if [ ! -x .venv/bin/python ]; then
  for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
    if fits "$candidate"; then python=$candidate; break; fi
  done
  if [ -z "${python:-}" ]; then
    echo "Guardian needs Python 3.11 to 3.13: sudo apt install python3.11 python3.11-venv (macOS: brew install python@3.13)" >&2
    exit 1
  fi
  if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    echo "Python's venv module is missing: sudo apt install python3-venv" >&2
    exit 1
  fi
  echo "Making .venv with $("$python" --version)"
  "$python" -m venv .venv
fi

echo "Installing Guardian into .venv (a minute or two the first time)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[$extras]"
touch "$stamp"
