"""Shared by the reader's tests: sentences made from their bodies, and the real logs."""

from collections.abc import Callable
from functools import reduce
from operator import xor
from pathlib import Path

import pytest

LOGS = Path(__file__).parents[3] / "nmea"


def make_line(body: str) -> bytes:
    raw = body.encode("ascii")
    return b"$%s*%02X\r\n" % (raw, reduce(xor, raw, 0))


@pytest.fixture(scope="session")
def line() -> Callable[[str], bytes]:
    """Return a body as a sentence with checksum and line end."""
    return make_line


@pytest.fixture(scope="session")
def logs() -> dict[str, bytes]:
    """Return the real logs' bytes by name."""
    return {path.stem: path.read_bytes() for path in sorted(LOGS.glob("*.nmea"))}
