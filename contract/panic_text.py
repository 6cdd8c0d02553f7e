"""A panic as at most 140 characters, for SMS and mesh, and back.

    G1 taxi-0042 01HZX3J5T0E8WAVT2N9XQ5C7GD 0bs 12 25.03361,121.56500/4 7QK

Marker; device; panic id; update, kind and `s` when silent; seconds since the press (`?` when not
known); latitude and longitude, and after `/` the seconds since the fix; checksum. The id and the
checksum are in Crockford's base 32, so the whole survives a gateway that changes case, breaks
lines or adds words around it. What does not fit is left out: first the age of the fix, then the
place; never the id.
"""

import re
import zlib
from typing import Final

from msgspec import Struct

from contract.errors import DecodeError, InvalidIdError
from contract.ids import parse_device, parse_uuid
from contract.limits import MAX_PANIC_TEXT_CHARS
from contract.messages import Location, Panic, PanicKind

MARKER = "G1"
"""Guardian's panic as text, first form."""
MAX_AGE_S = 9_999_999
"""Ages are capped here, at 115 days, so that they never take more than seven digits."""

_LETTERS: Final[dict[PanicKind, str]] = {
    "button": "b",
    "call": "c",
    "fall": "f",
    "tamper": "t",
    "test": "x",
}
_KINDS: Final[dict[str, PanicKind]] = {letter: kind for kind, letter in _LETTERS.items()}
_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011")
_ID_CHARS = 26
_SUM_CHARS = 3
_MAX_INPUT_CHARS = 2000
_MAX_UPDATE = 2**53
_LAT = 90
_LON = 180
_TEXT = re.compile(
    r"(?<!\S)G1\s+(?P<device>[A-Z0-9][A-Z0-9_-]{0,62})\s+(?P<id>[0-9A-TV-Z]{26})"
    r"\s+(?P<update>[0-9]{1,16})(?P<kind>[BCFTX])(?P<silent>S?)\s+(?P<age>[0-9]{1,7}|\?)"
    r"(?:\s+(?P<lat>-?[0-9]{1,2}\.[0-9]{5}),(?P<lon>-?[0-9]{1,3}\.[0-9]{5})"
    r"(?:/(?P<fix_age>[0-9]{1,7}))?)?\s+(?P<sum>[0-9A-Z]{3})(?!\S)"
)


class PanicText(Struct, frozen=True, kw_only=True):
    """What a panic's text says; ages in seconds, places to five decimals (1.1 m)."""

    device: str
    panic_id: str
    update: int
    kind: PanicKind
    silent: bool
    age_s: int | None = None
    lat: float | None = None
    lon: float | None = None
    fix_age_s: int | None = None


def to_text(device: str, panic: Panic, age_ms: int | None) -> str:
    """Return the panic as text; `age_ms` runs from the press to this sending.

    Raises:
        InvalidIdError: `device` or the panic's id is none.
    """
    silent = "s" if panic.silent else ""
    head = (
        f"{MARKER} {parse_device(device)} {_packed(parse_uuid(panic.panic_id))} "
        f"{panic.update}{_LETTERS[panic.kind]}{silent} {_seconds(age_ms)}"
    )
    tails = [f" {place}" for place in _places(panic, age_ms)]
    return next(
        text for tail in (*tails, "") if len(text := _signed(head + tail)) <= MAX_PANIC_TEXT_CHARS
    )


def from_text(text: str) -> PanicText:
    """Find the panic in a text; what a gateway wrote around it is passed over.

    Raises:
        DecodeError: there is none, or the checksum says that it was damaged.
    """
    found = _TEXT.search(text[:_MAX_INPUT_CHARS].upper())
    if found is None:
        raise DecodeError("text", f"no panic as text ({MARKER} device id ...) in it")
    body = found[0][:-_SUM_CHARS].split()
    body[2] = body[2].translate(_MISREAD)
    if found["sum"].translate(_MISREAD) != _checksum(" ".join(body)):
        raise DecodeError("checksum", "the text was damaged on its way")
    try:
        device, panic_id = parse_device(found["device"].lower()), parse_uuid(_unpacked(body[2]))
    except InvalidIdError as error:
        raise DecodeError("text", str(error)) from error
    if int(found["update"]) > _MAX_UPDATE:
        raise DecodeError("update", f"beyond {_MAX_UPDATE}")
    return PanicText(
        device=device,
        panic_id=panic_id,
        update=int(found["update"]),
        kind=_KINDS[found["kind"].lower()],
        silent=bool(found["silent"]),
        age_s=None if found["age"] == "?" else int(found["age"]),
        lat=_degrees("lat", found["lat"], _LAT),
        lon=_degrees("lon", found["lon"], _LON),
        fix_age_s=None if found["fix_age"] is None else int(found["fix_age"]),
    )


def _places(panic: Panic, age_ms: int | None) -> list[str]:
    """Return the place in its long and its short form, or nothing without a usable one."""
    at = panic.location
    if at is None or not (-_LAT <= at.lat <= _LAT and -_LON <= at.lon <= _LON):
        return []
    place = f"{_decimals(at.lat)},{_decimals(at.lon)}"
    if age_ms is None:
        return [place]
    return [f"{place}/{_seconds(_since_fix_ms(panic, at, age_ms))}", place]


def _since_fix_ms(panic: Panic, at: Location, age_ms: int) -> int:
    return panic.pressed_at - at.time + age_ms


def _decimals(degrees: float) -> str:
    return f"{round(degrees, 5) + 0.0:.5f}"  # + 0.0 turns -0.0 into 0.0


def _seconds(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "?"
    return str(min(max(milliseconds, 0) // 1000, MAX_AGE_S))


def _degrees(field: str, text: str | None, limit: int) -> float | None:
    if text is None:
        return None
    if abs(float(text)) > limit:
        raise DecodeError(field, f"beyond {limit} degrees")
    return float(text)


def _packed(uuid: str) -> str:
    return _base32(int(uuid.replace("-", ""), 16), _ID_CHARS)


def _unpacked(text: str) -> str:
    """Return the UUID; a number beyond 128 bits gives a text that is none."""
    number = 0
    for char in text:
        number = number * 32 + _BASE32.index(char)
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _signed(text: str) -> str:
    return f"{text} {_checksum(text.upper())}"


def _checksum(upper: str) -> str:
    """Return 15 bits of a CRC-32: one damaged text in 33,000 passes."""
    return _base32(zlib.crc32(upper.encode()), _SUM_CHARS)


def _base32(number: int, chars: int) -> str:
    """Return the last `chars` digits of the number."""
    return "".join(_BASE32[number >> 5 * place & 31] for place in reversed(range(chars)))
