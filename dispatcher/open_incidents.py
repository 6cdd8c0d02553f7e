"""The open incidents in memory, for metrics that are right also while the database is down."""

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from contract.messages import IncidentClass
from runtime.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dispatcher.panic import Panic
    from dispatcher.records import IncidentRecord, OpenOutline


@dataclass(frozen=True, slots=True)
class _Open:
    class_: IncidentClass
    unacknowledged: bool
    since: float
    """Monotonic seconds; ages go on counting whatever happens to the wall clock."""


class OpenIncidents:
    """Thread-safe. Commits are noted as they happen; other dispatchers' are read in between."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._open: dict[str, _Open] = {}
        self._noted: dict[str, _Open | None] = {}
        self._held: dict[str, _Open] = {}
        self._panics: dict[str, Panic] = {}

    def note(self, incident: "IncidentRecord") -> None:
        """Note an incident as it was committed."""
        known = None
        if incident.open:
            known = self._view(
                incident.class_, incident.opened_at, unacknowledged=incident.unacknowledged
            )
        with self._lock:
            self._noted[incident.id] = known
            _put(self._open, incident.id, known)

    def reading(self) -> None:
        """Say that the database is about to be read: what is noted from now on is newer."""
        with self._lock:
            self._noted.clear()

    def read(self, found: "Iterable[OpenOutline]") -> None:
        """Take over what the database said; one thread alone reads."""
        fresh = {
            each.id: self._view(each.class_, each.opened_at, unacknowledged=each.unacknowledged)
            for each in found
        }
        with self._lock:
            for name, known in self._noted.items():
                _put(fresh, name, known)
            self._open = fresh

    def hold(self, panic: "Panic") -> None:
        """Note a press that waits for the database; as long as that is, it is an incident."""
        view = self._view(panic.class_, panic.arrived_at, unacknowledged=True)
        with self._lock:
            self._held.setdefault(panic.incident_id, view)
            self._panics[panic.incident_id] = panic

    def release(self, panic: "Panic") -> None:
        """Note that the database has a press, or that its tracker keeps it."""
        with self._lock:
            self._held.pop(panic.incident_id, None)
            self._panics.pop(panic.incident_id, None)

    def held(self) -> "list[Panic]":
        """Return the presses that wait for the database."""
        with self._lock:
            return list(self._panics.values())

    def count(self, class_: IncidentClass) -> int:
        """Count the open incidents of a class."""
        return sum(each.class_ == class_ for each in self._all())

    def unacknowledged(self) -> int:
        """Count the production incidents that nobody has acknowledged."""
        return len(self._waiting())

    def oldest_unacknowledged_s(self) -> float:
        """Return the age of the oldest of them, in seconds, 0 without one."""
        now = self._clock.monotonic()
        return max((now - each.since for each in self._waiting()), default=0.0)

    def _waiting(self) -> list[_Open]:
        return [each for each in self._all() if each.unacknowledged and each.class_ == "production"]

    def _all(self) -> list[_Open]:
        with self._lock:
            return [*self._open.values(), *(self._held[name] for name in self._unknown())]

    def _unknown(self) -> list[str]:
        return [name for name in self._held if name not in self._open]

    def _view(self, class_: IncidentClass, opened_at: int, *, unacknowledged: bool) -> _Open:
        age_ms = max(0, self._clock.now_ms() - opened_at)
        return _Open(class_, unacknowledged, self._clock.monotonic() - age_ms / 1000)


def _put(where: dict[str, _Open], name: str, known: _Open | None) -> None:
    if known is None:
        where.pop(name, None)
    else:
        where[name] = known
