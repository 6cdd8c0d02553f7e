"""Who is on duty at an instant: shifts of local time, days of the week, holidays. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"]
DAYS: Final[tuple[Day, ...]] = get_args(Day)
MIDNIGHT: Final = 24 * 60
"""The end of a day, in minutes of local time."""


@dataclass(frozen=True)
class Shift:
    """Who is on duty from `begin` to `end`, in minutes of local time.

    Where `end` is not after `begin` it is on the next day; the shift belongs to the day on which it
    begins.
    """

    days: frozenset[Day]
    begin: int
    end: int
    channels: frozenset[str]
    roles: frozenset[str] = frozenset()

    def covers(self, minute: int, today: Day, yesterday: Day) -> bool:
        """Say whether it is on duty at a minute of the local day."""
        if self.begin < self.end:
            return today in self.days and self.begin <= minute < self.end
        begun = today in self.days and minute >= self.begin
        return begun or (yesterday in self.days and minute < self.end)


@dataclass(frozen=True)
class Schedule:
    """Shifts in one time zone. On a holiday only the shifts of `holiday` begin.

    An instant has exactly one local time, so neither the hour that a change to summer time skips
    nor the one that it repeats can leave a gap between shifts that meet.
    """

    name: str
    zone: ZoneInfo
    shifts: tuple[Shift, ...]
    holidays: frozenset[date] = frozenset()

    def on_duty(self, at: int) -> tuple[Shift, ...]:
        """Return the shifts on duty at an instant (ms since 1970 UTC)."""
        local = datetime.fromtimestamp(at / 1000, UTC).astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        today = self._day(local.date())
        yesterday = self._day(local.date() - timedelta(days=1))
        return tuple(each for each in self.shifts if each.covers(minute, today, yesterday))

    def changes(self, at: int, days: int) -> Iterator[int]:
        """Yield the instants in the `days` from `at` on at which somebody comes or goes."""
        first = datetime.fromtimestamp(at / 1000, UTC).astimezone(self.zone).date()
        minutes = {0} | {each % MIDNIGHT for shift in self.shifts for each in _ends(shift)}
        for number in range(days):
            midnight = datetime.combine(first + timedelta(days=number), datetime.min.time())
            for minute in sorted(minutes):
                local = (midnight + timedelta(minutes=minute)).replace(tzinfo=self.zone)
                yield int(local.timestamp() * 1000)

    def _day(self, day: date) -> Day:
        return "holiday" if day in self.holidays else DAYS[day.weekday()]


def _ends(shift: Shift) -> tuple[int, int]:
    return shift.begin, shift.end
