"""A position as SQLite keeps it: one small MessagePack array instead of sixteen columns.

A day at 1 Hz is 86,400 rows, and every column costs each of them time and bytes. The order of the
array is for good: fields are added at its end alone.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from contract.messages import Location
from telemetry_store.rows import LOCATION_MARKS, LocationMark, LocationRow, position_time_ns

_NS = 1_000_000


class _Body(msgspec.Struct, array_like=True, gc=False):
    """What of a Location does not lie in the key; its time does."""

    boot: str
    seq: int
    lat: float
    lon: float
    alt: float | None = None
    speed: float | None = None
    course: float | None = None
    accuracy: float | None = None
    hdop: float | None = None
    satellites: int | None = None
    fix: int = 0
    battery: int | None = None
    trigger: int = 0
    clock: int = 0
    jump: bool | None = None
    time_raw: int | None = None


_WORDS: tuple[Any, ...] = (
    None, "gps", "dgps", "rtk", "estimated", "manual", "simulated", "interval", "distance",
    "turn", "stop", "start", "panic", "request", "low_battery", "host",
)  # fmt: skip
"""What fix, trigger and clock can be; the numbers are for good, new words come at the end."""
_NUMBERS = {word: number for number, word in enumerate(_WORDS)}
BITS: dict[LocationMark, int] = {mark: 1 << place for place, mark in enumerate(LOCATION_MARKS)}
"""Each mark is a bit of a number."""
_MARKS = [
    frozenset(mark for mark in LOCATION_MARKS if bits & BITS[mark])
    for bits in range(1 << len(LOCATION_MARKS))
]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Body).decode


def packed(row: LocationRow) -> tuple[str, int, int, bytes]:
    """Return device, ts, marks and body.

    Raises:
        OverflowError: an integer is beyond 64 bits.
    """
    place, number = row.location, _NUMBERS
    body = _Body(
        place.boot, place.seq, place.lat, place.lon, place.alt, place.speed, place.course,
        place.accuracy, place.hdop, place.satellites, number[place.fix], place.battery,
        number[place.trigger], number[place.clock], place.jump, place.time_raw,
    )  # fmt: skip
    bits = sum([BITS[mark] for mark in row.marks]) if row.marks else 0
    return row.device, position_time_ns(place), bits, _encode(body)


def unpacked(device: str, found: Sequence[tuple[int, int, bytes]]) -> list[LocationRow]:
    """Return the rows of what was found: ts, marks and body each."""
    return [
        LocationRow(device, _place(ts, _decode(body)), _MARKS[bits]) for ts, bits, body in found
    ]


def body_of(columns: Sequence[Any]) -> bytes:
    """Return the body of the sixteen columns that version 0 of the file had."""
    fix, battery, trigger, clock, jump, time_raw = columns[10:]
    words = _NUMBERS[fix], battery, _NUMBERS[trigger], _NUMBERS[clock]
    return _encode([*columns[:10], *words, None if jump is None else bool(jump), time_raw])


def _place(ts: int, body: _Body) -> Location:
    return Location(
        boot=body.boot,
        seq=body.seq,
        time=ts // _NS,
        lat=body.lat,
        lon=body.lon,
        alt=body.alt,
        speed=body.speed,
        course=body.course,
        accuracy=body.accuracy,
        hdop=body.hdop,
        satellites=body.satellites,
        fix=_WORDS[body.fix],
        battery=body.battery,
        trigger=_WORDS[body.trigger],
        clock=_WORDS[body.clock],
        jump=body.jump,
        time_raw=body.time_raw,
    )
