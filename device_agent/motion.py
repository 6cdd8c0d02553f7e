"""How the holder moves: at rest or not, a turn, and steps that nobody can have made.

Fed with fixes and monotonic seconds. A receiver's position wanders by metres while it lies on a
table, and its speed shows a few tenths of a metre per second, so neither alone means a movement.
"""

from dataclasses import dataclass

from contract.distance import distance_m
from contract.limits import FAST_MPS, FASTEST_MPS, JUMP_ACCURACY_M
from contract.messages import Trigger
from device_agent.fix import Fix

WALKING_MPS = 0.8
"""Slower than a tired person walks, faster than a receiver at rest claims to be."""
START_FIXES = 3
"""Consecutive fixes at a walk or faster that make a start: one alone may be noise."""
AWAY_M = 50.0
"""So far from where somebody rested is a start, whatever the speed says."""
REST_S = 60.0
"""Somebody who waits at a traffic light is still on the way."""
TURN_DEG = 30.0
"""A street corner, and not a bend."""
TURN_MPS = 2.0
"""At less than this a course is noise."""
TURN_M = 25.0
"""A turn is worth a report when it is so far from the last one: half a block."""
ACCELERATION_MPS2 = 10.0
"""An emergency stop and a sports car's start, 1 g; what changes speed faster is no vehicle."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a fix says about the movement."""

    event: Trigger | None = None
    """`start`, `stop` or `turn`; `distance` for a jump, which is worth a report at once."""
    jump: bool = False
    """Neither the reported speed nor physics allow it."""


class Motion:
    """One holder; moving until rest is proven, for the first reports are to come quickly."""

    def __init__(self) -> None:
        self.moving = True
        self._last: tuple[Fix, float] | None = None
        self._anchor: Fix | None = None
        """Where the holder was first found slow; rest is proven around it."""
        self._slow_since = 0.0
        self._fast_fixes = 0
        self._reported: Fix | None = None

    def take(self, fix: Fix, now: float) -> Step:
        """Take a fix that was heard at `now`."""
        last, self._last = self._last, (fix, now)
        if last is not None and is_jump(last[0], fix, _seconds_between(last, (fix, now))):
            self._anchor, self._slow_since = fix, now
            return Step("distance", jump=True)
        if self.moving:
            return Step(self._stop(fix, now) or self._turn(fix))
        return Step(self._start(fix, now))

    def report(self, fix: Fix) -> None:
        """Note that this fix became a report: a turn is one since the last report."""
        self._reported = fix

    def _stop(self, fix: Fix, now: float) -> Trigger | None:
        if self._anchor is None or not self._stays(fix):
            self._anchor, self._slow_since = fix, now
        elif now - self._slow_since >= REST_S:
            self.moving, self._fast_fixes = False, 0
            return "stop"
        return None

    def _start(self, fix: Fix, now: float) -> Trigger | None:
        self._fast_fixes = self._fast_fixes + 1 if (fix.speed or 0.0) >= WALKING_MPS else 0
        if self._anchor is not None and self._near(fix) and self._fast_fixes < START_FIXES:
            return None
        self.moving, self._anchor, self._slow_since = True, fix, now
        return "start"

    def _stays(self, fix: Fix) -> bool:
        return (fix.speed or 0.0) < WALKING_MPS and self._near(fix)

    def _near(self, fix: Fix) -> bool:
        anchor = self._anchor or fix
        return distance_m(anchor, fix) <= max(AWAY_M, _accuracy(anchor) + _accuracy(fix))

    def _turn(self, fix: Fix) -> Trigger | None:
        last = self._reported
        if last is None or last.course is None or fix.course is None:
            return None
        if min(last.speed or 0.0, fix.speed or 0.0) < TURN_MPS:
            return None
        turned = abs((fix.course - last.course + 180.0) % 360.0 - 180.0)
        return "turn" if turned >= TURN_DEG and distance_m(last, fix) >= TURN_M else None


def is_jump(before: Fix, after: Fix, seconds: float) -> bool:
    """Say whether nobody can have moved so far in this time.

    Allowed is what the faster of both reported speeds makes, more by 1 g in between, and the
    accuracy of both fixes; never more than an airliner makes. Steps back in time allow nothing.
    """
    seconds = max(0.0, seconds)
    speeds = [fix.speed for fix in (before, after) if fix.speed is not None]
    speed = max(speeds, default=FAST_MPS) + ACCELERATION_MPS2 * seconds / 2
    allowed = min(speed, FASTEST_MPS) * seconds + _accuracy(before) + _accuracy(after)
    return distance_m(before, after) > allowed


def _accuracy(fix: Fix) -> float:
    return JUMP_ACCURACY_M if fix.accuracy is None else fix.accuracy


def _seconds_between(before: tuple[Fix, float], after: tuple[Fix, float]) -> float:
    """Return the time between two fixes, the longer where receiver and host disagree."""
    heard = after[1] - before[1]
    if before[0].time is None or after[0].time is None:
        return heard
    return max(heard, (after[0].time - before[0].time) / 1000)
