"""How often the tracker reports its position, and why: the one place for it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from device_agent.battery import Level

LOW_FACTOR = 3.0
"""On a low battery routine reports come so much more rarely: a fifth of it then lasts as three."""
FAST_UPDATES_S = 1.0
"""In the first minute of a panic: a car is 14 m further."""
LOW_UPDATES_FACTOR = 3.0
"""On a low battery a panic's updates come so much more rarely: it may have to last for hours."""

Why = Literal["moving", "rest", "journey", "ordered", "low_battery"]


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """Seconds, as configured."""

    moving_s: float
    """0 reports every fix, at rest as well."""
    rest_s: float
    panic_s: float
    """Between the updates of a panic, after its first minute."""
    panic_fast_for_s: float


class Pace:
    """The interval that is in force."""

    def __init__(self, intervals: Intervals) -> None:
        self._intervals = intervals
        self._ordered_s: float | None = None
        self._ordered_until: float | None = None
        self.battery: Level = "good"
        self.journey = False
        """Whether the holder is on a journey: somebody watches for a stop."""

    def order(self, interval_s: float, *, until: float | None) -> None:
        """Take the dispatcher's order: this interval, for good or until a monotonic second."""
        self._ordered_s, self._ordered_until = interval_s, until

    def interval(self, now: float, *, moving: bool) -> tuple[float | None, Why]:
        """Return the seconds between two routine reports (None: there are none), and the reason.

        An order is obeyed on any battery: somebody has a reason to look. An empty one is spared for
        a press.
        """
        if self._ordered_until is not None and now >= self._ordered_until:
            self._ordered_s = self._ordered_until = None
        if self._ordered_s is not None:
            return self._ordered_s, "ordered"
        usual_s, why = self._usual(moving=moving)
        if self.battery == "good":
            return usual_s, why
        return (None if self.battery == "empty" else usual_s * LOW_FACTOR), "low_battery"

    def update_s(self, since_press_s: float | None) -> float:
        """Return the seconds between two updates of a panic; None: it is of an earlier run."""
        young = since_press_s is not None and since_press_s < self._intervals.panic_fast_for_s
        usual_s = min(FAST_UPDATES_S, self._intervals.panic_s) if young else self._intervals.panic_s
        return usual_s if self.battery == "good" else usual_s * LOW_UPDATES_FACTOR

    def _usual(self, *, moving: bool) -> tuple[float, Why]:
        wanted = self._intervals
        if self.journey:
            return wanted.moving_s, "journey"
        if moving or wanted.moving_s == 0:
            return wanted.moving_s, "moving"
        return max(wanted.rest_s, wanted.moving_s), "rest"
