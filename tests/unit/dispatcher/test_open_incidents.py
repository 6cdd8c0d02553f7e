"""Open incidents in memory: right at each moment, whatever the database and the clock do."""

import pytest

from contract.messages import IncidentClass
from contract.salvage import read_panic
from dispatcher.open_incidents import OpenIncidents
from dispatcher.panic import Panic, new_incident
from dispatcher.records import IncidentRecord, OpenOutline
from runtime.clock import ManualClock
from tests.unit.dispatcher.world import new_id


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def opened(clock: ManualClock) -> OpenIncidents:
    return OpenIncidents(clock)


def panic(clock: ManualClock, device: str = "tracker-a", panic_id: str | None = None) -> Panic:
    payload = b'{"panic_id":"%s","kind":"button"}' % (panic_id or new_id()).encode()
    return Panic(device, payload, read_panic(payload), clock.now_ms())


def incident(clock: ManualClock, class_: IncidentClass = "production") -> IncidentRecord:
    return new_incident(panic(clock), class_, clock.now_ms())


def outline(record: IncidentRecord) -> OpenOutline:
    return OpenOutline(
        id=record.id,
        class_=record.class_,
        opened_at=record.opened_at,
        unacknowledged=record.unacknowledged,
    )


def test_the_oldest_ages_by_itself(clock: ManualClock, opened: OpenIncidents) -> None:
    assert opened.oldest_unacknowledged_s() == 0
    opened.note(incident(clock))
    clock.advance(7)
    opened.note(incident(clock))
    clock.advance(5)
    assert opened.oldest_unacknowledged_s() == 12
    assert opened.unacknowledged() == opened.count("production") == 2


def test_a_wall_clock_that_jumps_changes_no_age(clock: ManualClock, opened: OpenIncidents) -> None:
    opened.note(incident(clock))
    clock.advance(30)
    clock.set_wall(clock.now_ms() - 3_600_000)
    assert opened.oldest_unacknowledged_s() == 30


def test_tests_and_canaries_are_open_and_nobody_waits(
    clock: ManualClock, opened: OpenIncidents
) -> None:
    opened.note(incident(clock, "test"))
    opened.note(incident(clock, "canary"))
    assert [opened.count(each) for each in ("production", "test", "canary")] == [0, 1, 1]
    assert opened.unacknowledged() == 0
    assert opened.oldest_unacknowledged_s() == 0


def test_what_is_acknowledged_stays_open_and_what_is_closed_goes(
    clock: ManualClock, opened: OpenIncidents
) -> None:
    record = incident(clock)
    opened.note(record)
    record.unacknowledged = False
    opened.note(record)
    assert (opened.count("production"), opened.unacknowledged()) == (1, 0)
    record.state = "closed"
    opened.note(record)
    assert opened.count("production") == 0


def test_the_database_knows_what_other_dispatchers_did(
    clock: ManualClock, opened: OpenIncidents
) -> None:
    gone, theirs = incident(clock), incident(clock)
    opened.note(gone)
    clock.advance(9)
    opened.reading()
    opened.read([outline(theirs)])
    assert (opened.unacknowledged(), opened.oldest_unacknowledged_s()) == (1, 9)


def test_a_commit_during_the_reading_is_newer_than_what_was_read(
    clock: ManualClock, opened: OpenIncidents
) -> None:
    closed, fresh = incident(clock), incident(clock)
    opened.reading()
    before = [outline(closed)]
    closed.state = "closed"
    opened.note(closed)
    opened.note(fresh)
    opened.read(before)
    assert opened.unacknowledged() == 1
    opened.reading()
    opened.read([])
    assert opened.unacknowledged() == 0


def test_a_press_that_waits_for_the_database_is_an_incident(
    clock: ManualClock, opened: OpenIncidents
) -> None:
    first = panic(clock)
    opened.hold(first)
    clock.advance(40)
    opened.hold(panic(clock, panic_id=first.reading.panic_id))  # its repetition
    assert (opened.unacknowledged(), opened.oldest_unacknowledged_s()) == (1, 40)
    opened.note(new_incident(first, "production", clock.now_ms()))
    assert opened.unacknowledged() == 1  # both know it for a moment, and it counts once
    opened.release(first)
    assert opened.unacknowledged() == 1


def test_a_canarys_press_that_waits_is_nobody_who_waits(
    clock: ManualClock, opened: OpenIncidents
) -> None:
    opened.hold(panic(clock, "canary-1"))
    assert (opened.unacknowledged(), opened.count("canary")) == (0, 1)
