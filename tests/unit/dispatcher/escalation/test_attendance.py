from collections.abc import Iterator

import pytest

from dispatcher.escalation.attendance import GRACE_MS, TELL_S, Attendance
from dispatcher.store.engine import Database
from runtime.clock import ManualClock

GRACE_S = GRACE_MS / 1000


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database that several dispatchers share, as far as this part can tell."""
    made = Database(database_url)
    made.shared = True
    yield made
    made.close()


def test_a_dispatcher_that_starts_gives_its_consoles_time_to_come_back() -> None:
    clock = ManualClock()
    attendance = Attendance(clock, "1")
    clock.advance(GRACE_S - 1)
    assert attendance.attended()
    clock.advance(1)
    assert not attendance.attended()
    with attendance.console():
        clock.advance(3600)
        assert attendance.attended()
    assert attendance.attended()
    clock.advance(GRACE_S)
    assert not attendance.attended()


def test_a_console_at_another_dispatcher_counts(database: Database) -> None:
    clock = ManualClock()
    here, there = Attendance(clock, "1"), Attendance(clock, "2")
    there.come()
    clock.advance(GRACE_S)
    assert not here.attended()
    for _ in range(10):
        clock.advance(TELL_S)
        there.exchange(database)
        here.exchange(database)
        assert here.attended()
    for _ in range(8):  # the other dispatcher dies
        clock.advance(TELL_S)
        here.exchange(database)
    assert not here.attended()


@pytest.mark.parametrize("wrong_s", [-3600, 3600])
def test_a_dispatcher_with_a_wrong_clock_counts_as_nobody(database: Database, wrong_s: int) -> None:
    clock = ManualClock()
    wrong = ManualClock(now_ms=clock.now_ms() + wrong_s * 1000)
    here, there = Attendance(clock, "1"), Attendance(wrong, "2")
    clock.advance(GRACE_S)
    there.come()
    there.exchange(database)
    here.exchange(database)
    assert not here.attended()
