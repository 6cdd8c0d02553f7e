"""When an unacknowledged incident escalates, and whom each step calls. Pure.

Times: ms since 1970 UTC.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from contract.limits import LADDER_REPEAT_S, LADDER_S
from dispatcher.escalation.schedule import Schedule
from dispatcher.records import TimerKind

PROGRESS_S: Final = 300
"""Sending a unit takes one or two minutes where somebody is at it; after five nobody is."""
SUPERVISOR_S: Final = 30
"""From here on the default ladder calls the supervisor too."""


@dataclass(frozen=True)
class Step:
    """One rung: its number from 0 (the raise itself), when it falls due, the ladder's start."""

    number: int
    due_at: int
    armed_at: int


@dataclass(frozen=True)
class Call:
    """Whom a step calls, and why these; `channels` None is all of them."""

    channels: frozenset[str] | None
    roles: frozenset[str]
    reason: str

    @property
    def nobody(self) -> bool:
        """Say whether it calls nobody at all."""
        return self.channels is not None and not self.channels and not self.roles


@dataclass(frozen=True)
class Rung:
    """One step as it is configured: seconds after the raise, and whom it calls."""

    after_s: int
    channels: frozenset[str] | None
    roles: frozenset[str] = frozenset()
    schedules: tuple[Schedule, ...] = ()

    def call(self, at: int, reason: str) -> Call:
        """Return whom it calls at an instant: whom it names, and who is on duty."""
        shifts = [shift for schedule in self.schedules for shift in schedule.on_duty(at)]
        roles = self.roles.union(*(shift.roles for shift in shifts))
        if self.channels is None:
            return Call(None, roles, reason)
        return Call(self.channels.union(*(shift.channels for shift in shifts)), roles, reason)


@dataclass(frozen=True)
class Ladder:
    """All steps in their order; after the last one it comes again every `repeat_s`, without end.

    Acknowledged incidents escalate again after `progress_s` without progress.
    """

    rungs: tuple[Rung, ...]
    repeat_s: int = LADDER_REPEAT_S
    progress_s: int = PROGRESS_S

    @property
    def last(self) -> int:
        """Return the number of the last step."""
        return len(self.rungs) - 1

    @property
    def longest_ms(self) -> int:
        """Return the longest that an unacknowledged incident is ever quiet."""
        times = [rung.after_s for rung in self.rungs]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        return max(self.repeat_s, *gaps) * 1000 if gaps else self.repeat_s * 1000

    @property
    def furthest(self) -> dict[TimerKind, int]:
        """Return how far ahead a timer of each kind may lie, in ms."""
        return {"escalate": self.longest_ms, "progress": self.progress_s * 1000}

    def due_at(self, armed_at: int, number: int) -> int:
        """Return when step `number` of a ladder armed at `armed_at` falls due."""
        beyond = max(0, number - self.last) * self.repeat_s
        return armed_at + (self.rungs[min(number, self.last)].after_s + beyond) * 1000

    def following(self, armed_at: int, fired: int, now: int) -> Step:
        """Return the step after `fired`.

        A missed rung keeps its time, which has passed, so it fires at once: each may have channels
        of its own. Missed repetitions are one: what fires `now` stands for all of them. Where
        `fired` came before its time (the clock has been set back, or no console was connected), the
        ladder's start is moved so that it was due now.
        """
        number = fired + 1
        armed_at -= max(0, self.due_at(armed_at, fired) - now)
        if number > self.last and self.due_at(armed_at, number) <= now:
            missed = (now - self.due_at(armed_at, number)) // (self.repeat_s * 1000) + 1
            number += missed
        return Step(number, self.due_at(armed_at, number), armed_at)

    def call(self, number: int, at: int) -> Call:
        """Return whom step `number` calls; where it finds nobody, whom the next one does.

        Where none finds anybody it is everybody: never silence.
        """
        first = min(number, self.last)
        for each in range(first, self.last + 1):
            reason = f"step {number}"
            if each != first:
                reason = f"nobody is on duty for step {number}: step {each} instead"
            found = self.rungs[each].call(at, reason)
            if not found.nobody:
                return found
        return everybody(f"nobody is on duty for step {number}: everybody instead")

    def call_all(self, numbers: Iterable[int], at: int) -> Call:
        """Return whom several steps call together."""
        calls = [self.call(number, at) for number in numbers]
        if not calls:
            return everybody("no step is named: everybody")
        channels: frozenset[str] | None = frozenset()
        for each in calls:
            known = each.channels
            channels = None if channels is None or known is None else channels | known
        roles = frozenset().union(*(each.roles for each in calls))
        return Call(channels, roles, "; ".join(each.reason for each in calls))


def everybody(reason: str) -> Call:
    """Return a call to all."""
    return Call(None, frozenset({"supervisor"}), reason)


def default_ladder(repeat_s: int = LADDER_REPEAT_S, progress_s: int = PROGRESS_S) -> Ladder:
    """Return the ladder of a dispatcher that configures none: every channel in every step."""
    supervisor = frozenset({"supervisor"})
    rungs = tuple(
        Rung(each, None, supervisor if each >= SUPERVISOR_S else frozenset()) for each in LADDER_S
    )
    return Ladder(rungs, repeat_s, progress_s)
