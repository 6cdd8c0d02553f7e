"""The clock: synchronised, plausible, and the same as that of the servers."""

import ctypes
import ctypes.util
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from device_agent.nmea.dates import FLOOR_MS
from guardian.doctor.finding import Finding, fault, ok, warning
from runtime.clock import Clock

FAR_MS = 30 * 365 * 86_400_000
"""No release is in use for so long: a clock that is later than this after the build is wrong."""

_TIME_ERROR = 5
"""TIME_ERROR of adjtimex(2): the clock is not synchronised."""
_SYNC = "timedatectl set-ntp true; or install chrony: apt install chrony"


class _Timex(ctypes.Structure):
    """The head of struct timex (adjtimex(2)), with room for the rest of it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("numbers", ctypes.c_long * 4),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


def synchronised() -> bool | None:
    """Say whether the kernel's clock is kept by NTP or the like; None where it does not tell."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(ctypes.util.find_library("c") or "libc.so.6")
    state = library.adjtimex(ctypes.byref(_Timex()))  # modes 0: it only reads
    return None if state < 0 else bool(state != _TIME_ERROR)


def examine(clock: Clock, kept: Callable[[], bool | None] = synchronised) -> Iterator[Finding]:
    """Look at this machine's clock."""
    now_ms = clock.now_ms()
    when = _words(now_ms)
    if now_ms < FLOOR_MS or now_ms > FLOOR_MS + FAR_MS:
        wrong = "before" if now_ms < FLOOR_MS else "long after"
        says = f"stands at {when}, {wrong} this software was made"
        yield fault("clock.plausible", "this machine", says, f"{_SYNC}; then: date -u")
    else:
        yield ok("clock.plausible", "this machine", f"stands at {when}")
    answer = kept()
    if answer is None:
        return  # a container or another system: it does not tell, and the host's doctor does
    if answer:
        yield ok("clock.synchronised", "this machine", "is kept right (NTP)")
    else:
        says = "nothing keeps it right; where clocks disagree, panics are marked bad_clock"
        yield warning("clock.synchronised", "this machine", says, _SYNC)


def disagreement(
    whose: str, theirs_ms: int, asked_ms: int, answered_ms: int, limit_ms: int
) -> Finding:
    """Compare another machine's clock, read between two of our times, within `limit_ms`."""
    off_ms = max(asked_ms - theirs_ms, theirs_ms - answered_ms, 0)
    if off_ms > limit_ms:
        says = f"its clock and ours are {off_ms / 1000:.0f} s apart"
        return fault("clock.servers", whose, says, f"there and here: {_SYNC}")
    return ok("clock.servers", whose, "its clock agrees with ours")


def _words(now_ms: int) -> str:
    try:
        return f"{datetime.fromtimestamp(now_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return f"{now_ms} ms"
