from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.escalation.schedule import DAYS, Day, Schedule, Shift

WEEK = frozenset(DAYS[:5])
HOLIDAY: frozenset[Day] = frozenset({"holiday"})
ALL: frozenset[Day] = frozenset(DAYS)
TAIPEI = ZoneInfo("Asia/Taipei")
BERLIN = ZoneInfo("Europe/Berlin")


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def shift(begin: int, end: int, name: str, days: frozenset[Day] = ALL) -> Shift:
    return Shift(days, begin * 60, end * 60, frozenset({name}))


def duty(schedule: Schedule, text: str) -> set[str]:
    return set().union(*(each.channels for each in schedule.on_duty(ms(text))))


OFFICE = Schedule(
    "office",
    TAIPEI,
    (shift(8, 20, "day", WEEK), shift(20, 8, "night", WEEK), shift(0, 24, "free", HOLIDAY)),
    frozenset({date(2026, 1, 1)}),
)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-01-05T08:00+08:00", {"day"}),
        ("2026-01-05T19:59+08:00", {"day"}),
        ("2026-01-05T20:00+08:00", {"night"}),
        ("2026-01-05T07:59+08:00", set()),  # the night of Sunday has no shift
        ("2026-01-10T07:59+08:00", {"night"}),  # Friday's night lasts into Saturday
        ("2026-01-10T08:00+08:00", set()),
        ("2026-01-01T12:00+08:00", {"free"}),
        ("2026-01-01T03:00+08:00", {"night", "free"}),  # begun on the day before
        ("2026-01-02T03:00+08:00", set()),  # a holiday's night does not begin
    ],
)
def test_shifts_days_and_holidays_are_local(at: str, expected: set[str]) -> None:
    assert duty(OFFICE, at) == expected


@given(st.integers(ms("2026-01-01T00:00+00:00"), ms("2027-01-01T00:00+00:00")))
def test_shifts_that_meet_leave_no_gap_whatever_the_clocks_do(at: int) -> None:
    """Europe's hour is skipped in March and repeated in October."""
    meeting = Schedule("meeting", BERLIN, (shift(2, 3, "a"), shift(3, 2, "b")))
    assert len(meeting.on_duty(at)) == 1


def test_the_skipped_hour_has_nobody_and_the_repeated_one_twice() -> None:
    two = Schedule("two", BERLIN, (shift(2, 3, "a"), shift(3, 2, "b")))
    assert duty(two, "2026-03-29T00:59+00:00") == {"b"}
    assert duty(two, "2026-03-29T01:00+00:00") == {"b"}
    assert duty(two, "2026-10-25T00:30+00:00") == {"a"}
    assert duty(two, "2026-10-25T01:30+00:00") == {"a"}


def test_the_changes_are_where_the_roster_changes() -> None:
    begin = ms("2026-01-04T16:00+00:00")  # Monday in Taipei
    found = [datetime.fromtimestamp(at / 1000, UTC).hour for at in OFFICE.changes(begin, 1)]
    assert found == [16, 0, 12]
