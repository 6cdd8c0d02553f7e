"""A recorded receiver, played back as if it were here and now: forwards, backwards, for ever."""

import datetime as dt
from functools import reduce
from importlib import resources
from operator import xor

from msgspec import Struct

from device_agent.nmea.framing import Framer

_TOD_AT = {b"RMC": 1, b"GGA": 1, b"GNS": 1, b"GLL": 5, b"ZDA": 1, b"GST": 1, b"GBS": 1}
_COURSES_AT = {b"RMC": (8,), b"VTG": (1, 3)}
_RMC_DATE_AT = 9
_ZDA_DATE_AT = slice(2, 5)
_HALF_TURN = 180.0

RECORDINGS = ("walk", "rest", "car")
"""What `recorded` has; guardian/demo/recordings/README.md says where they come from."""


class Recording(Struct, frozen=True):
    """The sentences of each epoch, without line ends and checksums."""

    epochs: tuple[tuple[bytes, ...], ...]


def recorded(name: str) -> Recording:
    """Return one of RECORDINGS."""
    path = resources.files("guardian.demo") / "recordings" / f"{name}.nmea"
    return read_recording(path.read_bytes())


def read_recording(data: bytes) -> Recording:
    """Cut NMEA bytes into epochs, where the time of day changes.

    Raises:
        ValueError: there is no sentence in them.
    """
    epochs: list[list[bytes]] = []
    tod: bytes | None = None
    for sentence in Framer().feed(data):
        said = _tod(sentence.split(b","))
        if not epochs or (said is not None and said != tod):
            epochs.append([])
            tod = said
        epochs[-1].append(sentence)
    if not epochs:
        raise ValueError("no NMEA sentence with a checksum in these bytes")
    return Recording(tuple(tuple(epoch) for epoch in epochs))


def epoch_at(recording: Recording, now_ms: int, *, offset: int = 0) -> bytes:
    """Return the bytes that the receiver sends in the second of `now_ms`, with its UTC time.

    A function of the time alone: the track is walked to its end and back, so that neither a
    loop nor a restart makes a jump. Trackers with different `offset` (seconds) are apart.
    """
    index, backwards = _place(len(recording.epochs), now_ms // 1000 + offset)
    stamp = _Stamp.at(now_ms)
    return b"".join(_told(line, stamp, backwards=backwards) for line in recording.epochs[index])


class _Stamp(Struct, frozen=True):
    tod: bytes
    day: bytes
    month: bytes
    year: bytes

    @classmethod
    def at(cls, now_ms: int) -> "_Stamp":
        moment = dt.datetime.fromtimestamp(now_ms // 1000, dt.UTC)
        return cls(*(moment.strftime(form).encode() for form in ("%H%M%S", "%d", "%m", "%Y")))


def _place(count: int, step: int) -> tuple[int, bool]:
    """Return which of `count` epochs comes at this step, and whether on the way back."""
    last = count - 1
    if last == 0:
        return 0, False
    phase = step % (2 * last)
    return (phase, False) if phase <= last else (2 * last - phase, True)


def _told(sentence: bytes, stamp: _Stamp, *, backwards: bool) -> bytes:
    """Return the sentence with the time given, its courses turned on the way back."""
    fields = sentence.split(b",")
    kind = fields[0][-3:]
    tod = _tod(fields)
    if tod is not None:
        _, point, fraction = tod.partition(b".")
        fields[_TOD_AT[kind]] = stamp.tod + point + b"0" * len(fraction)
    if kind == b"RMC":
        fields[_RMC_DATE_AT] = stamp.day + stamp.month + stamp.year[2:]
    elif kind == b"ZDA":
        fields[_ZDA_DATE_AT] = [stamp.day, stamp.month, stamp.year]
    if backwards:
        for at in _COURSES_AT.get(kind, ()):
            fields[at] = _turned(fields[at])
    body = b",".join(fields)
    return b"%s*%02X\r\n" % (body, reduce(xor, body[1:], 0))


def _turned(course: bytes) -> bytes:
    return b"%.2f" % ((float(course) + _HALF_TURN) % 360.0) if course else course


def _tod(fields: list[bytes]) -> bytes | None:
    """Return the time of day as the sentence has it, None for kinds without."""
    at = _TOD_AT.get(fields[0][-3:])
    return fields[at] if at is not None and at < len(fields) else None
