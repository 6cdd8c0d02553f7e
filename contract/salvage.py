"""A panic out of any bytes, field by field: nothing eats an alarm.

What is read more kindly here than by the codec: digits in quotes and 5.0 count as numbers, a UUID
may have capitals or `urn:uuid:`, a code may be a number, a note is cut, NaN costs its field alone.
JSON that is broken or cut off is searched for the fields by their names. As everywhere, the last
field of a name counts, and null is the same as absent. `silent` is false only where the payload
says exactly `false`.
"""

import contextlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, structs

from contract.errors import InvalidIdError
from contract.ids import parse_uuid
from contract.limits import MAX_PAYLOAD_BYTES, MAX_TEXT_CHARS
from contract.messages import (
    Boot,
    ClockSource,
    Count,
    Course,
    FixKind,
    Latitude,
    Longitude,
    NotNegative,
    PanicKind,
    Percent,
    TimeMs,
    Trigger,
)
from contract.plain_text import plain


class Place(Struct, frozen=True, kw_only=True):
    """What could be read of a panic's location; fields as in `Location`."""

    lat: Latitude
    lon: Longitude
    time: TimeMs | None = None
    alt: float | None = None
    speed: NotNegative | None = None
    course: Course | None = None
    accuracy: NotNegative | None = None
    hdop: NotNegative | None = None
    satellites: Count | None = None
    fix: FixKind | None = None
    battery: Percent | None = None
    trigger: Trigger | None = None
    clock: ClockSource | None = None
    jump: bool | None = None
    time_raw: TimeMs | None = None


class CancelReading(Struct, frozen=True, kw_only=True):
    """A code that the holder typed; `at` is absent where it could not be read."""

    code: str
    at: int | None = None


class PanicReading(Struct, frozen=True, kw_only=True):
    """What could be read of a panic, and the names of the fields that could not.

    `unreadable` also names required fields that are missing, and `payload` when it is not a JSON
    object in UTF-8 within the size that the contract allows.
    """

    panic_id: str | None = None
    update: int = 0
    pressed_at: int | None = None
    sent_at: int | None = None
    age_ms: int | None = None
    clock: ClockSource | None = None
    kind: PanicKind = "button"
    silent: bool = True
    place: Place | None = None
    cancel: tuple[CancelReading, ...] = ()
    note: str | None = None
    unreadable: tuple[str, ...] = ()


def read_panic(payload: bytes) -> PanicReading:
    """Read what can be read; no bytes make it raise."""
    members, whole = _members(payload)
    fields = _Fields(members, "", {} if whole else {"payload": None})
    return PanicReading(
        panic_id=_panic_id(fields),
        update=fields.read("update", Count, required=True) or 0,
        pressed_at=fields.read("pressed_at", TimeMs, required=True),
        sent_at=fields.read("sent_at", TimeMs, required=True),
        age_ms=fields.read("age_ms", Count),
        clock=fields.read("clock", ClockSource),
        kind=fields.read("kind", PanicKind, required=True) or "button",
        silent=fields.read("silent", bool, required=True, strict=True) is not False,
        place=_place(fields),
        cancel=tuple(_cancel(fields)),
        note=_note(fields),
        unreadable=tuple(fields.unreadable),
    )


def read_report_id(payload: bytes) -> tuple[str, int] | None:
    """Return `boot` and `seq` of a location that is a dead letter, if both can be read."""
    fields = _Fields(_members(payload)[0], "", {})
    boot, seq = fields.read("boot", Boot), fields.read("seq", Count)
    return None if boot is None or seq is None else (boot, seq)


class _Fields:
    """Members of an object, read one by one; the names of those that cannot be are noted."""

    def __init__(self, members: Mapping[str, Any], path: str, unreadable: dict[str, None]) -> None:
        self._members = members
        self._path = path
        self.unreadable = unreadable

    def read(self, name: str, kind: Any, *, required: bool = False, strict: bool = False) -> Any:
        """Return the member as `kind`, or None: absent, null, or unreadable and noted."""
        given = self._members.get(name)
        value = None
        if given is not None:
            with contextlib.suppress(msgspec.ValidationError):
                value = _finite(msgspec.convert(given, kind, strict=strict))
        if value is None and (required or given is not None):
            self.fail(name)
        return value

    def inside(self, name: str) -> "_Fields | None":
        """Return the members of an object, or None."""
        members = self.read(name, dict[str, Any])
        return (
            None if members is None else _Fields(members, f"{self._path}{name}.", self.unreadable)
        )

    def elements(self, name: str) -> Iterator["_Fields"]:
        """Return the members of each object in a list."""
        for element in self.read(name, list[Any]) or ():
            inner = _Fields({name: element}, self._path, self.unreadable).inside(name)
            if inner is not None:
                yield inner

    def fail(self, name: str) -> None:
        """Note that a member cannot be read."""
        self.unreadable[self._path + name] = None


def _panic_id(fields: _Fields) -> str | None:
    text = fields.read("panic_id", str, required=True)
    if text is None:
        return None
    try:
        return parse_uuid(text.strip())
    except InvalidIdError:
        fields.fail("panic_id")
        return None


def _place(fields: _Fields) -> Place | None:
    inner = fields.inside("location")
    if inner is None:
        return None
    lat = inner.read("lat", Latitude, required=True)
    lon = inner.read("lon", Longitude, required=True)
    others = {name: inner.read(name, kind) for name, kind in _OPTIONAL_IN_PLACE.items()}
    return None if lat is None or lon is None else Place(lat=lat, lon=lon, **others)


def _cancel(fields: _Fields) -> Iterator[CancelReading]:
    for each in fields.elements("cancel"):
        code = each.read("code", _Code, required=True)
        at = each.read("at", TimeMs, required=True)
        if code is not None:
            yield CancelReading(code=str(code).encode("utf-8", "replace").decode(), at=at)


def _note(fields: _Fields) -> str | None:
    return plain(fields.read("note", str) or "", MAX_TEXT_CHARS) or None


def _finite(value: Any) -> Any:
    """Return None for NaN and infinity, which JSON does not have and some devices write."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _members(payload: bytes) -> tuple[dict[str, Any], bool]:
    """Return the object's members, and whether it is a JSON object as the contract wants it."""
    text = payload.decode("utf-8", "replace").removeprefix("\ufeff")
    members = _parsed(text)
    if not isinstance(members, dict):
        return _found(text), False
    return members, len(payload) <= MAX_PAYLOAD_BYTES and text.encode() == payload


def _parsed(text: str) -> Any:
    """Return what the JSON says, or None.

    The standard library's reader takes NaN, halves of surrogate pairs and raw control characters.
    """
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _found(text: str) -> dict[str, Any]:
    """Return the members that are complete in broken JSON, found by their names."""
    found: dict[str, Any] = {}
    location: dict[str, Any] = {}
    for member in _MEMBER.finditer(text):
        value = _parsed(member["value"] + ('"' if member["cut"] is not None else ""))
        (location if member["name"] in _IN_PLACE else found)[member["name"]] = value
    if location or _LOCATION.search(text):
        found["location"] = location
    found["cancel"] = [_parsed(each[0]) for each in _CANCEL_CODE.finditer(text)]
    return found


_Code = Annotated[str, Meta(max_length=32)] | Count
_OPTIONAL_IN_PLACE = {
    each.name: each.type for each in structs.fields(Place) if each.name not in ("lat", "lon")
}
_IN_PLACE = frozenset({"lat", "lon", *_OPTIONAL_IN_PLACE}) - {"clock"}  # a panic has one, too
_ELSEWHERE = (
    "panic_id", "update", "pressed_at", "sent_at", "age_ms", "kind", "silent", "note",
    "boot", "seq",
)  # fmt: skip

# A text may be cut by the end of the payload. A number may not: its last digits may be missing.
_STRING = r'"(?:[^"\\]|\\.)*+'
_NUMBER = r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?(?=[\s,}\]])"
_GAP = r"[ \t\r\n]{0,20}"
_MEMBER = re.compile(
    rf'"(?P<name>{"|".join((*_ELSEWHERE, *sorted(_IN_PLACE)))})"{_GAP}:{_GAP}'
    rf'(?P<value>{_STRING}(?:"|(?P<cut>\Z))|{_NUMBER}|(?:true|false)\b)',
    re.DOTALL,
)
_LOCATION = re.compile(rf'"location"{_GAP}:{_GAP}\{{')
_CANCEL_CODE = re.compile(rf'\{{{_GAP}"(?:code|at)"{_GAP}:[^{{}}]{{0,200}}\}}')
