"""Rows to line protocol. Fields keep their types for good; marks are fields, never tags.

Format: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
"""

import re
from collections.abc import Iterable, Sequence
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

_EQUALS = bytes.maketrans(b":", b"=")

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


def lines(rows: Iterable[LocationRow | StatusRow | IncidentRow | ReleasedPosition]) -> bytes:
    """Return one line for each row, UTF-8.

    Raises:
        RejectedError: an id cannot be a tag.
    """
    return "\n".join(map(_line, rows)).encode()


def location_lines(rows: Sequence[LocationRow]) -> bytes:
    """Return the lines of positions, as `lines` does, in two thirds of the time.

    Raises:
        RejectedError: an id cannot be a tag.
    """
    places = [row.location for row in rows]
    return "\n".join(map(_location_line, rows, places, _floats(places))).encode()


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
        return _location_line(row, row.location, _floats([row.location])[0])
    if isinstance(row, StatusRow):
        return f"status,device={_tag(row.device)} {_status(row)} {status_time_ns(row)}"
    if isinstance(row, IncidentRow):
        incident = _tag(row.incident.incident)
        return f"incident,incident={incident} {_incident(row)} {incident_time_ns(row)}"
    tags = f"device={_tag(row.device)},incident={_tag(row.incident)}"
    place = row.location
    fields = _location(place, _floats([place])[0])
    return f"released_track,{tags} {fields} {position_time_ns(place)}"


def _location_line(row: LocationRow, place: Location, floats: str) -> str:
    fields = _location(place, floats)
    if row.marks:
        fields += "".join([f",{mark}=t" for mark in row.marks])
    return f"location,device={_tag(row.device)} {fields} {position_time_ns(place)}"


def _location(place: Location, floats: str) -> str:
    """Return the fields of a position."""
    integers = f"seq={place.seq}i"
    if place.satellites is not None:
        integers += f",satellites={place.satellites}i"
    if place.battery is not None:
        integers += f",battery={place.battery}i"
    if place.time_raw is not None:
        integers += f",time_raw={place.time_raw}i"
    words = _words(place.fix, place.trigger, place.clock, place.jump)
    return f'boot="{place.boot}",{integers},{floats}{words}'


def _floats(places: Iterable[Location]) -> list[str]:
    """Return the fields of each position that InfluxDB keeps as floats.

    `repr` of one float takes as long as msgspec needs for them all. What it writes becomes line
    protocol when colons become equal signs and quotes go, of which numbers have none.
    """
    written = _encode([
        _Floats(each.lat, each.lon, each.alt, each.speed, each.course, each.accuracy, each.hdop)
        for each in places
    ])  # fmt: skip
    return written[2:-2].translate(_EQUALS, b'"').decode().split("},{")


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
