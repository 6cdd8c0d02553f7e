"""One message to rows and dead letters. Only the topic says whose they are."""

from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from contract import codec
from contract.errors import DecodeError
from contract.limits import BAD_CLOCK_MS
from contract.messages import Location, Status
from contract.salvage import read_report_id
from contract.topics import HISTORY, LOCATION, STATUS, Topic, parse_tracker_topic
from telemetry_store.rows import LocationMark, LocationRow, StatusRow, TelemetryRow

MAX_FUTURE_MS = 86_400_000
"""A fix from further ahead is no clock that drifts but one that was never right."""
LOW_ACCURACY_M = 100.0
"""Beyond this a position names a block, not a house: a search begins differently."""

KNOWN_TOPICS = 4096
"""Topics that need not be read again, the first ones: half a megabyte."""

_NO_MARKS: frozenset[LocationMark] = frozenset()

DeadReason = Literal["unreadable", "implausible_time", "rejected"]
Report = tuple[str, int]
"""Boot and sequence number of a report."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What cannot be stored, as it came; an element of a history becomes one of its own."""

    device: str | None
    topic: str
    payload: bytes
    reason: DeadReason
    detail: str


class Reading(Struct, frozen=True, gc=False):
    """What one message holds. When all of it is safe, so are its `reports`."""

    device: str | None
    rows: tuple[TelemetryRow, ...] = ()
    dead: tuple[DeadLetter, ...] = ()
    reports: tuple[Report, ...] = ()
    at_once: bool = False
    """Whether the tracker waits to hear that its reports are safe."""


class Reader:
    """Reads messages by the time of their arrival."""

    def __init__(self, retention_ms: int) -> None:
        """Take how long the store keeps positions; it refuses older ones."""
        self._retention_ms = retention_ms
        self._known: dict[str, tuple[str, Topic]] = {}

    def read(self, topic: str, payload: bytes, now_ms: int) -> Reading:
        """Return what the message holds; nothing that a tracker can send raises."""
        try:
            device, row = self._known.get(topic) or self._parse(topic)
        except DecodeError as error:
            return Reading(None, dead=(_unreadable(None, topic, payload, error),))
        if row is HISTORY:
            return self._history(device, topic, payload, now_ms)
        if row is STATUS:
            return _status(device, topic, payload, now_ms)
        if row is LOCATION:
            return self._location(device, topic, payload, now_ms)
        foreign = DecodeError("topic", f"ingest takes no {row.name}")
        return Reading(device, dead=(_unreadable(device, topic, payload, foreign),))

    def _parse(self, topic: str) -> tuple[str, Topic]:
        """Read a topic, and know it from now on while there is room."""
        parsed = parse_tracker_topic(topic)
        if len(self._known) < KNOWN_TOPICS:
            self._known[topic] = parsed
        return parsed

    def _location(self, device: str, topic: str, payload: bytes, now_ms: int) -> Reading:
        try:
            location = codec.decode(Location, payload)
        except DecodeError as error:
            found = read_report_id(payload)
            letter = _unreadable(device, topic, payload, error)
            return Reading(device, dead=(letter,), reports=(found,) if found else ())
        reports = ((location.boot, location.seq),)
        if not now_ms - self._retention_ms <= location.time <= now_ms + MAX_FUTURE_MS:
            wrong = _wrong_time(location.time, now_ms)
            letter = DeadLetter(device, topic, payload, "implausible_time", wrong)
            return Reading(device, dead=(letter,), reports=reports)
        row = LocationRow(device, location, marks(location, now_ms))
        return Reading(device, (row,), (), reports)

    def _history(self, device: str, topic: str, payload: bytes, now_ms: int) -> Reading:
        """Read each element by itself: one bad point costs one point."""
        try:
            elements = codec.elements(payload)
        except DecodeError as error:
            return Reading(device, dead=(_unreadable(device, topic, payload, error),))
        one = LOCATION.of(device)
        each = [self._location(device, one, element, now_ms) for element in elements]
        return Reading(
            device,
            tuple(row for reading in each for row in reading.rows),
            tuple(letter for reading in each for letter in reading.dead),
            tuple(report for reading in each for report in reading.reports),
            at_once=True,
        )


def marks(location: Location, now_ms: int) -> frozenset[LocationMark]:
    """Return what the report shows about itself."""
    found: list[LocationMark] = []
    if location.time > now_ms + BAD_CLOCK_MS:
        found.append("bad_clock")
    if location.accuracy is not None and location.accuracy > LOW_ACCURACY_M:
        found.append("low_accuracy")
    if location.fix == "estimated":
        found.append("estimated")
    if location.fix == "simulated":
        found.append("simulated")
    return frozenset(found) if found else _NO_MARKS


def _wrong_time(time_ms: int, now_ms: int) -> str:
    """Say why the time of a fix cannot be."""
    return "more than a day in the future" if time_ms > now_ms else "older than positions are kept"


def rejected(row: TelemetryRow, detail: str) -> DeadLetter:
    """Return the dead letter of a row that the store does not take."""
    if isinstance(row, StatusRow):
        topic, message = STATUS.of(row.device), codec.encode(row.status)
    else:
        topic, message = LOCATION.of(row.device), codec.encode(row.location)
    return DeadLetter(row.device, topic, message, "rejected", detail)


def _status(device: str, topic: str, payload: bytes, now_ms: int) -> Reading:
    if not payload:  # how MQTT deletes a retained message
        return Reading(device)
    try:
        status = codec.decode(Status, payload)
    except DecodeError as error:
        return Reading(device, dead=(_unreadable(device, topic, payload, error),))
    return Reading(device, (StatusRow(device, status, now_ms),))


def _unreadable(device: str | None, topic: str, payload: bytes, error: DecodeError) -> DeadLetter:
    return DeadLetter(device, topic, payload, "unreadable", str(error))
