"""Which fixes become reports: one every interval, and at once when something happens."""

from contract.messages import Location, Trigger
from device_agent.fix import Fix
from device_agent.motion import Motion, Step
from device_agent.pace import Pace

FRESH_S = 2.0
"""A fix this young is where the holder is: receivers give one a second."""


class Track:
    """The reports of one boot, numbered from 0, and the best known place."""

    def __init__(self, boot: str, pace: Pace, last_place: Location | None = None) -> None:
        """Take how often to report, and the last place that an earlier run knew."""
        self._boot = boot
        self._pace = pace
        self._motion = Motion()
        self._seq = 0
        self._reported_at: float | None = None
        self._next_at: float | None = None
        self._interval_s: float | None = None
        self._asked: Trigger | None = None
        self._unreported: tuple[Fix, Step] | None = None
        self._fix_at: float | None = None
        self.battery: int | None = None
        """Percent; goes with each report."""
        self.place = last_place
        """The best known place, as it was reported."""

    def fix(self, fix: Fix, now: float, *, panic: bool) -> Location | None:
        """Take a fix; return it as a report if it becomes one, for `panic` in any case."""
        if fix.time is None:
            return None
        step = self._motion.take(fix, now)
        self._unreported, self._fix_at = (fix, step), now
        trigger = self._trigger(step, now, panic=panic)
        if trigger is None:
            return None
        self._plan(now)
        return self._report(fix, step, trigger)

    def press(self) -> Location | None:
        """Return the newest fix as a report if it was none yet."""
        return None if self._unreported is None else self._report(*self._unreported, "panic")

    def fresh(self, now: float) -> bool:
        """Say whether the newest fix is of now."""
        return self._fix_at is not None and now - self._fix_at <= FRESH_S

    def fix_age_s(self, now: float) -> float | None:
        """Return the age of the newest fix of this run."""
        return None if self._fix_at is None else now - self._fix_at

    def request(self, trigger: Trigger = "request") -> None:
        """Let the next fix become a report, whatever the interval."""
        self._asked = trigger

    def interval_s(self, now: float) -> float | None:
        """Return the interval that is in force; None: no routine reports."""
        interval_s, _ = self._pace.interval(now, moving=self._motion.moving)
        if interval_s != self._interval_s:
            self._interval_s = interval_s
            self._replan()
        return interval_s

    def _replan(self) -> None:
        """Let a new interval count from the last report: a shorter one may be over already."""
        if self._reported_at is not None:
            self._next_at = self._reported_at + (self._interval_s or 0.0)

    def _trigger(self, step: Step, now: float, *, panic: bool) -> Trigger | None:
        interval_s = self.interval_s(now)
        if panic:
            return "panic"
        if self._asked is not None:
            return self._asked
        if interval_s is None:
            return None
        on_time = self._next_at is None or now >= self._next_at
        return step.event or ("interval" if on_time else None)

    def _plan(self, now: float) -> None:
        """Let the next routine report come an interval after this one, which may be early."""
        interval_s, due = self._interval_s or 0.0, self._next_at
        # A fix a little late does not shift the pace; after a silence it begins anew.
        on_pace = due is not None and due <= now < due + interval_s
        self._reported_at = due if on_pace else now
        self._replan()

    def _report(self, fix: Fix, step: Step, trigger: Trigger) -> Location:
        self.place = fix.to_location(
            boot=self._boot, seq=self._seq, trigger=trigger, battery=self.battery, jump=step.jump
        )
        self._seq += 1
        self._asked = None
        self._unreported = None
        self._motion.report(fix)
        return self.place
