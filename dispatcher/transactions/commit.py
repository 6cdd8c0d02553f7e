"""Running a transaction until it is committed or cannot be, and saying so when it cannot."""

import time
from typing import TYPE_CHECKING, Final, TypeVar

from dispatcher.errors import StoreUnavailableError
from dispatcher.store.engine import StaleConnectionError, StoreConflictError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dispatcher.alarms import StoreAlarm
    from dispatcher.metrics import Metrics
    from dispatcher.store.engine import Connection, Database

T = TypeVar("T")

ATTEMPTS: Final = 5
"""Two dispatchers meet once or twice over one press; more is no race but a fault."""


class Transactions:
    """Thread-safe."""

    def __init__(self, database: "Database", alarm: "StoreAlarm", metrics: "Metrics") -> None:
        self._database = database
        self._alarm = alarm
        self._metrics = metrics

    def write(self, work: "Callable[[Connection], T]") -> T:
        """Run `work` in one transaction; the alarm begins and ends with what becomes of it.

        Raises:
            StoreUnavailableError: it did not commit.
        """
        try:
            done = self._attempt(work)
        except StoreUnavailableError as error:
            self._alarm.down(error)
            raise
        self._alarm.up()
        return done

    def _attempt(self, work: "Callable[[Connection], T]") -> T:
        """Decide again when another transaction was first."""
        for attempt in range(ATTEMPTS):
            started = time.perf_counter()
            try:
                with self._database.writing() as connection:
                    done = work(connection)
            except StoreConflictError:
                self._metrics.conflicts.inc()
            except StaleConnectionError:
                if attempt:
                    raise
            else:
                self._metrics.commit_s.observe(time.perf_counter() - started)
                return done
        raise StoreUnavailableError(f"another transaction was first {ATTEMPTS} times")
