"""Stand-ins for the threads beside the working loop, and values that many tests need."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from contract import codec
from contract.messages import Command, Location, Panic, Receipt, Stage, Status, Stored
from contract.topics import parse_tracker_topic
from device_agent.events import PressSaved
from device_agent.fix import Fix
from device_agent.moment import Moment, TrackerClock
from device_agent.nmea.reader import Epoch
from device_agent.outbox import Changes
from device_agent.pace import Intervals, Pace
from device_agent.tracker import Tracker
from runtime.clock import ManualClock
from runtime.mqtt.errors import NotConnectedError, TooLargeError, TooManyInFlightError
from runtime.mqtt.interface import Incoming

BOOT = "0000000a"
BUILD_MS = 1_600_000_000_000


def moment(now: float) -> Moment:
    """Return an instant whose wall time follows from `now`."""
    return Moment(now, 1_700_000_000_000 + round(now * 1000), "host")


def location(seq: int = 0, *, boot: str = BOOT, time: int = 1_700_000_000_000) -> Location:
    return Location(boot=boot, seq=seq, time=time + seq, lat=25.0, lon=121.5, trigger="interval")


def fix(clock: ManualClock, *, lat: float = 25.0) -> Fix:
    return Fix(lat=lat, lon=121.5, tod="120000", fix="gps", time=clock.now_ms(), clock="gps")


def epoch(of: Fix | None) -> Epoch:
    return Epoch(state="no_fix" if of is None else "fix", fix=of)


def receipt(
    panic_id: str | None, update: int = 0, *, version: int = 1, stage: Stage = "received"
) -> Receipt:
    return Receipt(update=update, version=version, stage=stage, at=1, panic_id=panic_id)


@dataclass
class Sent:
    """One message that went out."""

    topic: str
    payload: bytes
    retain: bool
    packet: int
    connection: int

    @property
    def name(self) -> str:
        return parse_tracker_topic(self.topic)[1].name

    def panic(self) -> Panic:
        return codec.decode(Panic, self.payload)

    def location(self) -> Location:
        return codec.decode(Location, self.payload)

    def history(self) -> list[Location]:
        return codec.decode(list[Location], self.payload)

    def status(self) -> Status:
        return codec.decode(Status, self.payload)


@dataclass
class FakeLink:
    """A link that records; it refuses what the real one refuses."""

    connection: int | None = None
    sent: list[Sent] = field(default_factory=list)
    acknowledged: list[Incoming] = field(default_factory=list)
    drops: list[str] = field(default_factory=list)
    hurries: int = 0
    on_first: bool = True
    returns: int = 0
    max_in_flight: int = 1000
    max_bytes: int = 10_000
    _packet: int = 0

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None
    ) -> int:
        if self.connection is None:
            raise NotConnectedError("no connection is up")
        if len(self.sent) >= self.max_in_flight:
            raise TooManyInFlightError("the broker takes no more")
        if len(payload) > self.max_bytes:
            raise TooLargeError("the broker takes no messages of this size")
        self._packet += 1
        self.sent.append(Sent(topic, payload, retain, self._packet, self.connection))
        return self._packet

    def acknowledge(self, message: Incoming) -> bool:
        self.acknowledged.append(message)
        return True

    def drop(self, reason: str) -> None:
        self.connection = None
        self.drops.append(reason)

    def hurry(self) -> None:
        self.hurries += 1

    def return_to_first(self) -> None:
        self.returns += 1

    def take(self) -> list[Sent]:
        """Return what went out since the last call."""
        sent, self.sent = self.sent, []
        return sent


@dataclass
class FakeDisk:
    """A disk that keeps everything at once; `saved` waits until the test hands it on."""

    kept: Changes = field(default_factory=Changes)
    urgent: list[Changes] = field(default_factory=list)
    saved: list[PressSaved] = field(default_factory=list)

    def save_press(self, change: Changes) -> None:
        self.urgent.append(change)
        self.kept.add(change)
        self.saved += [
            PressSaved(panic_id, row.update)
            for panic_id, row in change.presses.items()
            if row is not None
        ]

    def save(self, change: Changes) -> None:
        self.kept.add(change)


def intervals(moving_s: float = 10.0, rest_s: float = 60.0) -> Intervals:
    return Intervals(moving_s=moving_s, rest_s=rest_s, panic_s=5.0, panic_fast_for_s=60.0)


def make_pace(moving_s: float = 10.0, rest_s: float = 0.0) -> Pace:
    return Pace(intervals(moving_s, rest_s))


def make_tracker(
    clock: ManualClock, link: FakeLink, disk: FakeDisk, *, interval_s: float = 10.0
) -> Tracker:
    """Return a tracker whose randomness is none."""
    return Tracker(
        device="tracker-a",
        boot=BOOT,
        version="1.2.3",
        intervals=intervals(interval_s),
        max_reports=100,
        max_age_s=86_400.0,
        clock=TrackerClock(clock, build_ms=BUILD_MS),
        link=link,
        disk=disk,
        randomness=_Counter().take,
        jitter=lambda: 0.0,
    )


class _Counter:
    def __init__(self) -> None:
        self._next = 0

    def take(self, count: int) -> bytes:
        self._next += 1
        return self._next.to_bytes(count, "big")


def incoming(
    name: str, message: Receipt | Stored | Command | bytes, *, connection: int = 1
) -> Incoming:
    payload = message if isinstance(message, bytes) else codec.encode(message)
    return Incoming(f"guardian/v1/tracker-a/{name}", payload, False, connection, 1)


def names(sent: Iterable[Sent]) -> list[str]:
    return [each.name for each in sent]
