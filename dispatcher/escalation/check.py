"""Whether a ladder can be relied on: each step reaches somebody, at every instant. Pure."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from dispatcher.accounts import ROLES
from dispatcher.escalation.ladder import Ladder
from dispatcher.escalation.settings import LONGEST_GAP_S, EscalationSettings
from dispatcher.escalation.tables import ScheduleTable, StepTable
from dispatcher.routing import ALWAYS

COVERED_DAYS: Final = 366
"""How far ahead gaps are looked for: a year has every weekday, holiday and change of the clock."""


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where: `table` counts from 1, as the tables stand in the file."""

    kind: str
    table: int
    key: str
    words: str

    def __str__(self) -> str:
        """Return it as a line."""
        where = f"{self.kind}: table {self.table}: {self.key}" if self.table else self.kind
        return f"{where}: {self.words}"


def refusals(
    settings: EscalationSettings, channels: Collection[str], now: int
) -> Iterator[Problem]:
    """Yield what makes the configuration wrong, whoever the users are; nothing without a ladder.

    `channels` are the names of those that are configured, `now` is ms since 1970 UTC.
    """
    schedules = {each.name for each in settings.schedule}
    yield from _names(settings.schedule)
    for number, table in enumerate(settings.schedule, 1):
        for shift in table.shifts:
            yield from _unknown("schedule", number, "shifts", shift.channels, channels, "channel")
            yield from _unknown("schedule", number, "shifts", shift.roles, ROLES, "role")
    for number, step in enumerate(settings.ladder, 1):
        named = [] if step.channels == "all" else step.channels
        yield from _unknown("ladder", number, "channels", named, channels, "channel")
        yield from _unknown("ladder", number, "roles", step.roles, ROLES, "role")
        yield from _unknown("ladder", number, "schedules", step.schedules, schedules, "schedule")
        if not step.channels and not step.roles and not step.schedules:
            yield Problem("ladder", number, "channels", "nobody receives this step")
    if settings.ladder:
        yield from _delays(settings.ladder)
        yield from _gaps(settings.read_ladder(), now)


def warnings(settings: EscalationSettings, held: Collection[str]) -> Iterator[Problem]:
    """Yield what the users who may log in make doubtful; `held` are the roles that somebody has."""
    for number, step in enumerate(settings.ladder, 1):
        for role in step.roles:
            if role not in held:
                alone = not step.channels and not step.schedules and len(step.roles) == 1
                words = f"no user is {role!r}" + (": nobody receives this step" if alone else "")
                yield Problem("ladder", number, "roles", words)


def _names(tables: Sequence[ScheduleTable]) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, table in enumerate(tables, 1):
        if table.name in seen:
            yield Problem("schedule", number, "name", f"{table.name!r} is there twice")
        seen.add(table.name)


def _unknown(  # noqa: PLR0917 - where it stands, what it says, what there is
    kind: str, table: int, key: str, named: Iterable[str], known: Collection[str], noun: str
) -> Iterator[Problem]:
    for name in named:
        if name not in known:
            there = ", ".join(sorted(set(known) - ALWAYS)) or "none"
            yield Problem(kind, table, key, f"there is no {noun} {name!r}; there is: {there}")


def _delays(steps: Sequence[StepTable]) -> Iterator[Problem]:
    if steps[0].after_s != 0:
        yield Problem("ladder", 1, "after_s", "the first step is the raise itself: 0")
    for number, (earlier, later) in enumerate(pairwise(steps), 2):
        if later.after_s <= earlier.after_s:
            words = f"{later.after_s} does not come after {earlier.after_s}"
            yield Problem("ladder", number, "after_s", words)
        elif later.after_s - earlier.after_s > LONGEST_GAP_S:
            words = f"over {LONGEST_GAP_S} s after the step before: nobody is called for so long"
            yield Problem("ladder", number, "after_s", words)


def _gaps(ladder: Ladder, now: int) -> Iterator[Problem]:
    """Look for the first instant at which no step at all finds anybody."""
    schedules = {each.name: each for rung in ladder.rungs for each in rung.schedules}
    if any(rung.channels is None or rung.channels or rung.roles for rung in ladder.rungs):
        return
    instants = [now, *(at for each in schedules.values() for at in each.changes(now, COVERED_DAYS))]
    for at in sorted(instants):
        if at >= now and all(rung.call(at, "").nobody for rung in ladder.rungs):
            words = f"at {said(at)} nobody is on duty for any step"
            yield Problem("ladder", 1, "schedules", words)
            return


def said(at: int) -> str:
    """Return an instant as people read it."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
