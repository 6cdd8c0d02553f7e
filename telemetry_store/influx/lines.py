"""Rows to line protocol. Fields keep their types for good; marks are fields, never tags.

Format: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
"""

import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from contract.messages import Location
from telemetry_store.errors import RejectedError
from telemetry_store.rows import (
    IncidentRow,
    LocationRow,
    ReleasedPosition,
    StatusRow,
    incident_time_ns,
    position_time_ns,
    status_time_ns,
)

_UNTAGGABLE = re.compile(r'[\x00-\x1f\x7f\\"]')
_TAG_ESCAPES = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})
_STRING_ESCAPES = str.maketrans({'"': r"\"", "\\": r"\\"})

_NO_ESCAPES = re.compile(r"[A-Za-z0-9_.-]+").fullmatch
_encode = msgspec.json.Encoder().encode

_QUOTE = '"'

_Plain = str | int | float


class _Floats(msgspec.Struct, omit_defaults=True, gc=False):
    """Fields that InfluxDB keeps as floats, whatever JSON wrote."""

    lat: float
    lon: float
    alt: float | None = None
    speed: float | None = None
    course: float | None = None
    accuracy: float | None = None
    hdop: float | None = None


class _Integers(msgspec.Struct, omit_defaults=True, gc=False):
    """Fields that it keeps as integers."""

    seq: int
    satellites: int | None = None
    battery: int | None = None
    time_raw: int | None = None


def lines(rows: Iterable[LocationRow | StatusRow | IncidentRow | ReleasedPosition]) -> bytes:
    """Return one line for each row, UTF-8.

    Raises:
        RejectedError: an id cannot be a tag.
    """
    return "\n".join(map(_line, rows)).encode()


def taggable(text: str) -> str:
    """Return `text` when InfluxDB can keep it in a tag.

    Raises:
        RejectedError: it is empty, or has control characters, quotes or backslashes.
    """
    if not text or _UNTAGGABLE.search(text):
        raise RejectedError("an id is empty or has control characters, quotes or backslashes")
    return text


def _tag(text: str) -> str:
    if _NO_ESCAPES(text):  # as every id of ours
        return text
    return taggable(text).translate(_TAG_ESCAPES)


def _line(row: LocationRow | StatusRow | IncidentRow | ReleasedPosition) -> str:
    if isinstance(row, LocationRow):
        marks = "".join([f",{mark}=t" for mark in row.marks]) if row.marks else ""
        place = row.location
        return (
            f"location,device={_tag(row.device)} {_location(place)}{marks}"
            f" {position_time_ns(place)}"
        )
    if isinstance(row, StatusRow):
        return f"status,device={_tag(row.device)} {_status(row)} {status_time_ns(row)}"
    if isinstance(row, IncidentRow):
        incident = _tag(row.incident.incident)
        return f"incident,incident={incident} {_incident(row)} {incident_time_ns(row)}"
    tags = f"device={_tag(row.device)},incident={_tag(row.incident)}"
    return f"released_track,{tags} {_location(row.location)} {position_time_ns(row.location)}"


def _location(place: Location) -> str:
    """Return the fields of a position.

    `repr` of one float takes as long as msgspec needs for them all; and what it writes becomes
    line protocol when quotes and colons are replaced, of which numbers have none.
    """
    floats = _encode(_Floats(
        place.lat, place.lon, place.alt, place.speed, place.course, place.accuracy, place.hdop
    )).decode()  # fmt: skip
    integers = _encode(
        _Integers(place.seq, place.satellites, place.battery, place.time_raw)
    ).decode()
    numbers = f"{integers[1:-1].replace(',', 'i,')}i,{floats[1:-1]}"
    words = _words(place.fix, place.trigger, place.clock, place.jump)
    return f'boot="{place.boot}",{numbers.replace(_QUOTE, "").replace(":", "=")}{words}'


@lru_cache(maxsize=1024)
def _words(fix: str | None, trigger: str | None, clock: str | None, jump: bool | None) -> str:  # noqa: FBT001 - in the order of the message
    """Return the fields that have one of a few values."""
    known = _fields(fix=fix, trigger=trigger, clock=clock, jump=jump)
    return f",{known}" if known else ""


def _status(row: StatusRow) -> str:
    status = row.status
    interval = None if status.interval_s is None else float(status.interval_s)
    return _fields(
        at=status.at,
        arrived_at=row.arrived_at,
        state=status.state,
        boot=status.boot,
        connect=status.connect,
        version=status.version,
        gps=status.gps,
        pending=status.pending,
        dropped=status.dropped,
        battery=status.battery,
        charging=status.charging,
        interval_s=interval,
        next_report_by=status.next_report_by,
        commands=_joined(status.commands),
        faults=_joined(status.faults),
    )


def _incident(row: IncidentRow) -> str:
    incident = row.incident
    return _fields(
        version=incident.version,
        class_=incident.class_,
        origin=incident.origin,
        state=incident.state,
        priority=incident.priority,
        marks=_joined(incident.marks),
        opened_at=incident.opened_at,
        kind=incident.kind,
        device=incident.device,
        pressed_at=incident.pressed_at,
        acknowledged_at=incident.acknowledged_at,
        closed_at=incident.closed_at,
        disposition=incident.disposition,
        jurisdiction=incident.jurisdiction,
        changed_at=row.changed_at,
        presses=row.presses,
        dispatched_at=row.dispatched_at,
        on_scene_at=row.on_scene_at,
    )


def _fields(**values: _Plain | None) -> str:
    """Return the fields that are known; a trailing underscore keeps clear of Python's words."""
    known = ((name.rstrip("_"), value) for name, value in values.items() if value is not None)
    return ",".join([f"{name}={_value(value)}" for name, value in known])


def _value(value: _Plain) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, str):
        return f'"{value.translate(_STRING_ESCAPES)}"'
    return f"{value}i" if isinstance(value, int) else repr(value)


def _joined(words: Iterable[str] | None) -> str | None:
    return None if words is None else ",".join(words)
