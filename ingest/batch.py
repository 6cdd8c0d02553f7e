"""Messages that are written together, in the order of their arrival."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import Struct

from ingest.reading import Reading
from runtime.mqtt.link import Incoming


class Arrival(Struct, frozen=True, gc=False):
    """A message and what it holds."""

    message: Incoming
    reading: Reading


@dataclass(frozen=True, kw_only=True)
class BatchLimits:
    """When a batch is due, whichever comes first."""

    rows: int
    messages: int
    size: int
    """Bytes of payload."""
    age_s: float


class Batch:
    """Grows until it is due and taken; a lone row waits at most for its age."""

    def __init__(self, limits: BatchLimits) -> None:
        self._limits = limits
        self._arrivals: list[Arrival] = []
        self._rows = 0
        self._bytes = 0
        self._opened = 0.0

    def __len__(self) -> int:
        """Return how many messages it holds."""
        return len(self._arrivals)

    def add(self, arrivals: Sequence[Arrival], now: float) -> None:
        """Add what has come together, at monotonic time `now`."""
        if not self._arrivals:
            self._opened = now
        self._arrivals += arrivals
        self._rows += sum([len(arrival.reading.rows) for arrival in arrivals])
        self._bytes += sum([len(arrival.message.payload) for arrival in arrivals])

    def is_full(self) -> bool:
        """Say whether it must be taken before more is added."""
        return (
            self._rows >= self._limits.rows
            or len(self._arrivals) >= self._limits.messages
            or self._bytes >= self._limits.size
        )

    def room(self) -> int:
        """Return how many more messages may be added."""
        return 0 if self.is_full() else self._limits.messages - len(self._arrivals)

    def due_in(self, now: float) -> float | None:
        """Return the seconds until it is to be written, 0 when it is, None while it is empty."""
        if not self._arrivals:
            return None
        return 0.0 if self.is_full() else max(0.0, self._opened + self._limits.age_s - now)

    def take(self) -> list[Arrival]:
        """Return what it holds, in order of arrival, and begin anew."""
        taken = self._arrivals
        self._arrivals, self._rows, self._bytes = [], 0, 0
        return taken
