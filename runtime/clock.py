"""Time, handed in: the only module that asks the operating system what time it is."""

import time
from threading import Lock
from typing import Protocol


class Clock(Protocol):
    """What the rest of Guardian knows of time."""

    def now_ms(self) -> int:
        """Return wall time, ms since 1970, UTC; it may jump in either direction."""

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start; it never goes back."""


class SystemClock:
    """The clocks of the operating system."""

    def now_ms(self) -> int:
        """Return wall time, ms since 1970, UTC."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start."""
        return time.monotonic()


class ManualClock:
    """A clock that stands still until it is told otherwise, for tests and simulations."""

    def __init__(self, *, now_ms: int = 1_700_000_000_000, monotonic: float = 1_000.0) -> None:
        self._now_ms = float(now_ms)
        self._monotonic = monotonic
        self._lock = Lock()

    def now_ms(self) -> int:
        """Return wall time, ms since 1970, UTC."""
        with self._lock:
            return round(self._now_ms)

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start."""
        with self._lock:
            return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks.

        Raises:
            ValueError: `seconds` is negative; use `set_wall` for a clock that is set back.
        """
        if seconds < 0:
            raise ValueError(f"time does not go back: {seconds} s")
        with self._lock:
            self._now_ms += seconds * 1000
            self._monotonic += seconds

    def set_wall(self, now_ms: int) -> None:
        """Set the wall clock, as NTP or a GPS receiver would; the monotonic one goes on."""
        with self._lock:
            self._now_ms = float(now_ms)
