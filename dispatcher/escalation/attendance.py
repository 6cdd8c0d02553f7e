"""Whether a person's console is connected, to any dispatcher on the database."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING, Final

from dispatcher.store import attendance as rows
from dispatcher.store.engine import StoreConflictError
from runtime.clock import Clock

if TYPE_CHECKING:
    from dispatcher.store.engine import Database

GRACE_MS: Final = 10_000
"""A console that reloads, or whose dispatcher starts anew, is back within two seconds."""
TELL_S: Final = 3.0
"""How often other dispatchers are told: three rows may be missed within the grace."""


class Attendance:
    """Thread-safe. On SQLite there is one dispatcher; on PostgreSQL each keeps a row up to date.

    A row's time is its dispatcher's wall clock: one that disagrees with ours by more than the grace
    counts as nobody, so that wrong clocks make us call more people and never fewer.
    """

    def __init__(self, clock: Clock, name: str) -> None:
        """Take what names this dispatcher among the others."""
        self._clock = clock
        self._name = name
        self._lock = Lock()
        self._consoles = 0
        self._seen = clock.monotonic()
        self._told = float("-inf")
        self._elsewhere = float("-inf")

    @property
    def consoles(self) -> int:
        """Return how many consoles of people are connected to this dispatcher."""
        return self._consoles

    @contextmanager
    def console(self) -> Iterator[None]:
        """Count a console while it is connected."""
        self.come()
        try:
            yield
        finally:
            self.go()

    def come(self) -> None:
        """Note that a person's console has connected."""
        with self._lock:
            self._consoles += 1

    def go(self) -> None:
        """Note that it has gone."""
        with self._lock:
            self._consoles -= 1
            self._seen = self._clock.monotonic()

    def exchange(self, database: "Database") -> None:
        """Tell other dispatchers of our consoles, and ask for theirs.

        Raises:
            StoreUnavailableError: it cannot be asked.
        """
        if not database.shared:
            return
        now, wall = self._clock.monotonic(), self._clock.now_ms()
        if self._consoles and now - self._told >= TELL_S:
            with suppress(StoreConflictError), database.writing() as connection:
                rows.tell(connection, self._name, wall)  # twice the same name: either will do
            self._told = now
        with database.reading() as connection:
            seen = rows.seen(connection, self._name)
        if any(abs(wall - each) <= GRACE_MS for each in seen):
            self._elsewhere = now

    def attended(self) -> bool:
        """Say whether a console is connected anywhere, or was a moment ago."""
        if self._consoles:
            return True
        newest = max(self._seen, self._elsewhere)
        return self._clock.monotonic() - newest < GRACE_MS / 1000
