"""How often a transaction is tried, and what is said about it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dispatcher.alarms import StoreAlarm
from dispatcher.announcements import Announcements
from dispatcher.errors import StoreUnavailableError
from dispatcher.metrics import Metrics
from dispatcher.store.engine import StaleConnectionError, StoreConflictError
from dispatcher.transactions.commit import ATTEMPTS, Transactions
from runtime.clock import ManualClock


class Office:
    """A database that raises what it is told to, one after the other."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.tried = 0
        metrics = Metrics()
        self.alarm = StoreAlarm(Announcements(), ManualClock(), metrics, "/test")
        self.transactions = Transactions(self, self.alarm, metrics)  # type: ignore[arg-type]

    @contextmanager
    def writing(self) -> Iterator[str]:
        self.tried += 1
        if self.errors:
            raise self.errors.pop(0)
        yield "connection"


def test_who_comes_second_decides_again() -> None:
    office = Office(StoreConflictError("first"), StoreConflictError("again"))
    assert str(office.transactions.write(lambda connection: connection)) == "connection"
    assert office.tried == 3
    assert not office.alarm.is_down


def test_but_not_for_ever() -> None:
    office = Office(*[StoreConflictError("always")] * ATTEMPTS)
    with pytest.raises(StoreUnavailableError):
        office.transactions.write(lambda connection: connection)
    assert office.tried == ATTEMPTS


def test_a_stale_connection_is_no_outage_and_two_are() -> None:
    office = Office(StaleConnectionError("gone"))
    office.transactions.write(lambda connection: connection)
    assert not office.alarm.is_down
    office.errors = [StaleConnectionError("gone"), StaleConnectionError("gone")]
    with pytest.raises(StoreUnavailableError):
        office.transactions.write(lambda connection: connection)
    assert office.alarm.is_down


def test_an_outage_is_not_waited_for_and_ends_with_a_commit() -> None:
    office = Office(StoreUnavailableError("down"))
    with pytest.raises(StoreUnavailableError):
        office.transactions.write(lambda connection: connection)
    assert (office.tried, office.alarm.is_down) == (1, True)
    office.transactions.write(lambda connection: connection)
    assert not office.alarm.is_down


def test_a_bug_of_ours_is_not_called_an_outage() -> None:
    office = Office()
    with pytest.raises(ZeroDivisionError):
        office.transactions.write(lambda _connection: 1 / 0)
    assert not office.alarm.is_down
