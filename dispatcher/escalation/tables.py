"""The [[ladder]] and [[schedule]] tables of the settings file; recipe: docs/escalation.md."""

import re
from datetime import date
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct

from dispatcher.escalation.schedule import MIDNIGHT, Day, Schedule, Shift

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Seconds = Annotated[int, Meta(ge=0, le=86_400)]

_TIME: Final = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])\Z")


class ShiftTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One shift: from when to when, on which days, and through which channels people are called."""

    days: list[Day]
    begin: str
    end: str
    channels: list[Name] = []
    roles: list[Name] = []

    def __post_init__(self) -> None:
        """Refuse what cannot be a shift."""
        if not self.days:
            raise ValueError("days: name at least one")
        begin, _ = minutes("begin", self.begin), minutes("end", self.end)
        if begin == MIDNIGHT:
            raise ValueError("begin: '24:00' is the end of a day; its begin is 00:00")
        if not self.channels and not self.roles:
            raise ValueError("channels: name who is on duty, here or in roles")


class ScheduleTable(Struct, frozen=True, kw_only=True):
    """Who is on duty when, in the local time of one place."""

    name: Name
    time_zone: str
    shifts: list[ShiftTable]
    holidays: list[date] = []

    def __post_init__(self) -> None:
        """Refuse a schedule that never has anybody on duty."""
        zone(self.time_zone)
        if not self.shifts:
            raise ValueError("shifts: name at least one")

    def schedule(self) -> Schedule:
        """Return what it means."""
        shifts = tuple(_shift(each) for each in self.shifts)
        return Schedule(self.name, zone(self.time_zone), shifts, frozenset(self.holidays))


class StepTable(Struct, frozen=True, kw_only=True):
    """One step: when, and whom it calls."""

    after_s: Seconds
    channels: list[Name] | Literal["all"] = []
    roles: list[Name] = []
    schedules: list[Name] = []


def minutes(key: str, text: str) -> int:
    """Return a time of day as minutes.

    Raises:
        ValueError: it is none.
    """
    found = _TIME.match(text)
    if found is None or text > "24:00":
        raise ValueError(f"{key}: expected a time from 00:00 to 24:00, not {text[:20]!r}")
    return int(found[1]) * 60 + int(found[2])


def zone(name: str) -> ZoneInfo:
    """Return a time zone of the IANA's list, which the system has (tzdata).

    Raises:
        ValueError: it has none of this name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"time_zone: the system knows no {name[:40]!r}; see tzdata") from error


def _shift(table: ShiftTable) -> Shift:
    return Shift(
        days=frozenset(table.days),
        begin=minutes("begin", table.begin),
        end=minutes("end", table.end),
        channels=frozenset(table.channels),
        roles=frozenset(table.roles),
    )
