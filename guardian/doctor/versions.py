"""Versions of what Guardian stands on: too old is named."""

import platform
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from guardian.demo.probes import MosquittoMissingError, find_mosquitto
from guardian.doctor.finding import Finding, fault, ok, warning

OLDEST_PYTHON = "3.11"
OLDEST_MOSQUITTO = "2.0.11"
"""The first that has every option of our configuration and is tested; Debian 12's."""
OLDEST_INFLUXDB = "2.0"
"""The first with /api/v2; 1.x has neither buckets nor scoped tokens."""
OLDEST_SQLITE = "3.37"
"""The first that knows STRICT tables."""
PACKAGE = "guardian-safety"

_NUMBERS = re.compile(r"\d+(?:\.\d+)*")
_PROGRAM_S = 5.0


def examine() -> Iterator[Finding]:
    """Look at this machine's own."""
    yield at_least("Python", platform.python_version(), OLDEST_PYTHON, "apt install python3")
    yield at_least("SQLite", sqlite3.sqlite_version, OLDEST_SQLITE, "use a newer Python or Debian")
    try:
        yield ok("version.guardian", PACKAGE, version(PACKAGE))
    except PackageNotFoundError:
        says = "is not installed as a package, so its version is not known"
        yield warning("version.guardian", PACKAGE, says, f"pip install {PACKAGE}")


def mosquitto_here() -> str | None:
    """Return the version of the Mosquitto that is installed on this machine."""
    try:
        program = find_mosquitto()
        # -h prints help and version and ends.
        told = subprocess.run(  # noqa: S603 - the program is found by name in fixed folders
            [str(program), "-h"], capture_output=True, text=True, timeout=_PROGRAM_S, check=False
        )
    except (MosquittoMissingError, OSError, subprocess.SubprocessError):
        return None
    return told.stdout.partition("\n")[0]


def at_least(what: str, found: str, oldest: str, remedy: str) -> Finding:
    """Compare a version, wherever it stands in the text, with the oldest that will do."""
    name = f"version.{what.lower()}"
    numbers = _NUMBERS.search(found)
    if numbers is None:
        return warning(name, what, f"its version cannot be read: {found[:80]!r}", remedy)
    if _parsed(numbers[0]) < _parsed(oldest):
        return fault(name, what, f"{numbers[0]} is too old: {oldest} or later", remedy)
    return ok(name, what, numbers[0])


def _parsed(numbers: str) -> tuple[int, ...]:
    return tuple(int(each) for each in numbers.split("."))
