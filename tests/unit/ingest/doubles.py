"""Doubles of what ingest works with."""

from collections.abc import Callable, Sequence

from contract import codec
from contract.messages import Location, Status
from contract.topics import HISTORY, LOCATION, STATUS
from runtime.mqtt.link import Incoming, NotConnectedError
from telemetry_store.errors import RejectedError
from telemetry_store.memory import MemoryStore
from telemetry_store.rows import LocationRow, TelemetryRow

BOOT = "0a1b2c3d"
NOW = 1_700_000_000_000


def place(seq: int, time: int = NOW, **fields: object) -> Location:
    known: dict[str, object] = {"boot": BOOT, "seq": seq, "time": time, "lat": 25.0, "lon": 121.5}
    return Location(**{**known, **fields})  # type: ignore[arg-type]


def row(seq: int, device: str = "t") -> LocationRow:
    return LocationRow(device, place(seq))


def location(packet: int, device: str = "t", connection: int = 1, **fields: object) -> Incoming:
    """A location whose sequence number is its packet id."""
    payload = codec.encode(place(packet, **fields))  # type: ignore[arg-type]
    return Incoming(LOCATION.of(device), payload, False, connection, packet)


def history(packet: int, seqs: Sequence[int], device: str = "t") -> Incoming:
    payload = codec.encode([place(seq) for seq in seqs])
    return Incoming(HISTORY.of(device), payload, False, 1, packet)


def status(packet: int, device: str = "t", at: int = NOW) -> Incoming:
    message = Status(at=at, state="online", boot=BOOT, connect=0)
    return Incoming(STATUS.of(device), codec.encode(message), True, 1, packet)


class FakeLink:
    """Remembers what was acknowledged and published, in order."""

    def __init__(self) -> None:
        self.connection: int | None = 1
        self.acknowledged: list[int] = []
        self.published: list[tuple[str, bytes]] = []
        self.dropped: list[str] = []
        self.refuse: Exception | None = None

    def acknowledge_all(self, messages: Sequence[Incoming]) -> int:
        taken = [each.packet for each in messages if each.connection == self.connection]
        self.acknowledged += taken
        return len(taken)

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None
    ) -> int:
        if self.refuse is not None:
            raise self.refuse
        if self.connection is None:
            raise NotConnectedError("no connection")
        self.published.append((topic, payload))
        return len(self.published)

    def drop(self, reason: str) -> None:
        self.dropped.append(reason)


class PickyStore(MemoryStore):
    """A store that fails as it is told to."""

    def __init__(
        self,
        *,
        failures: Sequence[Exception] = (),
        refuse: Callable[[TelemetryRow], bool] = lambda _: False,
        error: Callable[[Sequence[TelemetryRow], int], Exception] | None = None,
    ) -> None:
        """Raise `failures` one after another; then `error` for batches with refused rows."""
        super().__init__()
        self.failures = list(failures)
        self.batches: list[list[TelemetryRow]] = []
        self._refuse = refuse
        self._error = error or (lambda _rows, _bad: RejectedError("bad line"))

    def write(self, rows: Sequence[TelemetryRow]) -> None:
        self.batches.append(list(rows))
        if self.failures:
            raise self.failures.pop(0)
        bad = [row for row in rows if self._refuse(row)]
        error = self._error(rows, len(bad)) if bad else None
        if error is None or not isinstance(error, RejectedError):
            super().write([row for row in rows if row not in bad])
        if error is not None:
            raise error
