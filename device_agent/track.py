"""Which fixes become reports: one every interval, and at once when it is asked for."""

from contract.messages import Location, Trigger
from device_agent.fix import Fix

FRESH_S = 2.0
"""A fix this young is where the holder is: receivers give one a second."""


class Track:
    """The reports of one boot, numbered from 0, and the best known place."""

    def __init__(self, boot: str, interval_s: float, last_place: Location | None = None) -> None:
        """Take the usual interval (0: every fix), and the last place that an earlier run knew."""
        self._boot = boot
        self._usual_s = interval_s
        self._ordered_s: float | None = None
        self._ordered_until: float | None = None
        self._seq = 0
        self._next_at: float | None = None
        self._requested = False
        self._unreported: Fix | None = None
        self._fix_at: float | None = None
        self.place = last_place
        """The best known place, as it was reported."""

    def fix(self, fix: Fix, now: float, *, panic: bool) -> Location | None:
        """Take a fix; return it as a report if it becomes one, for `panic` in any case."""
        if fix.time is None:
            return None
        self._unreported, self._fix_at = fix, now
        trigger = self._trigger(now, panic=panic)
        return None if trigger is None else self._report(fix, trigger)

    def press(self) -> Location | None:
        """Return the newest fix as a report if it was none yet."""
        return None if self._unreported is None else self._report(self._unreported, "panic")

    def fresh(self, now: float) -> bool:
        """Say whether the newest fix is of now."""
        return self._fix_at is not None and now - self._fix_at <= FRESH_S

    def fix_age_s(self, now: float) -> float | None:
        """Return the age of the newest fix of this run."""
        return None if self._fix_at is None else now - self._fix_at

    def request(self) -> None:
        """Let the next fix become a report."""
        self._requested = True

    def order(self, interval_s: float, *, until: float | None) -> None:
        """Report at another interval, for good or until a monotonic second."""
        self._ordered_s, self._ordered_until = interval_s, until
        self._next_at = None

    def interval_s(self, now: float) -> float:
        """Return the interval that is in force."""
        if self._ordered_until is not None and now >= self._ordered_until:
            self._ordered_s = self._ordered_until = None
            self._next_at = None
        return self._usual_s if self._ordered_s is None else self._ordered_s

    def _trigger(self, now: float, *, panic: bool) -> Trigger | None:
        interval_s = self.interval_s(now)
        on_time = self._next_at is None or now >= self._next_at
        if on_time:
            pace = now if self._next_at is None else self._next_at
            # A fix a little late does not shift the pace; after a silence it begins anew.
            self._next_at = (pace if now - pace < interval_s else now) + interval_s
        if panic:
            return "panic"
        if self._requested:
            return "request"
        return "interval" if on_time else None

    def _report(self, fix: Fix, trigger: Trigger) -> Location:
        self.place = fix.to_location(boot=self._boot, seq=self._seq, trigger=trigger)
        self._seq += 1
        self._requested = False
        self._unreported = None
        return self.place
