"""One sentence -> what it says. pynmea2 takes it apart; the raw fields decide.

pynmea2's own properties are not used: it reads empty coordinates as 0.0, calls valid RMCs of
NMEA 4.1 invalid, and hands out text where a conversion fails.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable
from math import hypot

import pynmea2
from msgspec import Struct

from contract.messages import FixKind
from device_agent.nmea.fields import Fields, RefusedError, Tod

POSITION_KINDS = frozenset({"RMC", "GGA", "GNS", "GLL"})
"""Sentences that say whether there is a fix, and where."""

_ADDRESS = re.compile(rb"\$[A-OQ-Z0-9][A-Z0-9](?:RMC|GGA|GNS|GLL|ZDA|VTG|GSA|GST|GBS),")
"""A talker and a kind; talkers do not begin with P, which is for makers' own sentences."""
_TYPES = pynmea2.TalkerSentence.sentence_types
"""pynmea2's classes by kind: its `parse` would look for address and checksum a second time."""
_QUALITIES: dict[str, FixKind] = {
    "1": "gps",
    "2": "dgps",
    "3": "gps",  # PPS, the military service
    "4": "rtk",
    "5": "rtk",
    "6": "estimated",
    "7": "manual",
    "8": "simulated",
    "9": "dgps",  # NovAtel: SBAS
}
_MODES: dict[str, FixKind] = {
    "A": "gps",
    "D": "dgps",
    "E": "estimated",
    "F": "rtk",
    "M": "manual",
    "P": "gps",
    "R": "rtk",
    "S": "simulated",
}
FIX_RANK: tuple[FixKind, ...] = ("gps", "dgps", "rtk", "estimated", "manual", "simulated")
"""Where sentences differ the later one here counts, so that no made-up position passes as GPS."""

_KNOT_MS = 1852 / 3600
_KMH_MS = 1 / 3.6
_MAX_KNOTS = 1000.0
"""Civil receivers stop here (the COCOM limit)."""
_MAX_KMH = 1852.0
_ALTITUDES = (-1000.0, 60_000.0)
_MAX_SATELLITES = 200
_MAX_DEVIATION_M = 1e6
_NO_DOP = 99.0
"""Receivers write 99, 99.9 or 99.99 where they know none."""
_KEPT = 16
_GSA_FIELDS = (17, 18)
"""NMEA 2 to 4.0, and from 4.1 with the system id behind the DOPs."""


class Reading(Struct, frozen=True, kw_only=True, gc=False):
    """What one sentence says; None where it says nothing. Units as in `Location`."""

    talker: str
    kind: str
    tod: Tod | None = None
    valid: bool | None = None
    """Whether there is a fix, according to this sentence."""
    fix: FixKind | None = None
    lat: float | None = None
    lon: float | None = None
    alt: float | None = None
    speed: float | None = None
    course: float | None = None
    hdop: float | None = None
    satellites: int | None = None
    accuracy: float | None = None
    mode: int | None = None
    """GSA: 1 no fix, 2 two-dimensional, 3 three-dimensional."""
    date: dt.date | None = None

    @property
    def key(self) -> str:
        """Talker and kind, such as `GPRMC`."""
        return self.talker + self.kind

    @property
    def positional(self) -> bool:
        """Whether sentences of this kind make a fix."""
        return self.kind in POSITION_KINDS


class SentenceReader:
    """Reads the nine kinds that matter; `rejects` counts refused sentences and fields."""

    def __init__(self) -> None:
        self.rejects: Counter[str] = Counter()
        self.skipped = 0
        self._satellites_used: dict[bytes, Reading] = {}
        """What GSAs said: four of them come with each fix, and change far less often."""

    def read(self, sentence: bytes) -> Reading | None:
        """Return what a framed sentence says; None when it is of no use or refused."""
        said = self._satellites_used.get(sentence)
        return said or self._read(sentence)

    def _read(self, sentence: bytes) -> Reading | None:
        if _ADDRESS.match(sentence) is None:
            self.skipped += 1
            return None
        text = sentence.decode("ascii")
        talker, kind = text[1:3], text[3:6]
        parsed = _TYPES[kind](talker, kind, text[7:].split(","))
        try:
            reading = _READERS[kind](talker, Fields(parsed.data, self.rejects))
        except RefusedError as error:
            self.rejects[str(error)] += 1
            return None
        if kind == "GSA":
            self._keep(sentence, reading)
        return reading

    def _keep(self, sentence: bytes, reading: Reading) -> None:
        if len(self._satellites_used) == _KEPT:
            self._satellites_used.clear()
        self._satellites_used[sentence] = reading


def _rmc(talker: str, fields: Fields) -> Reading:
    tod, mode = fields.tod(0), fields.text(11)
    if mode == "N" or fields.text(1) not in ("A", "D"):
        return Reading(talker=talker, kind="RMC", tod=tod, valid=False)
    lat, lon = _place(fields, 2)
    return Reading(
        talker=talker,
        kind="RMC",
        tod=tod,
        valid=True,
        fix=_MODES.get(mode, "gps"),
        lat=lat,
        lon=lon,
        speed=_scaled(fields.number(6, "speed", 0.0, _MAX_KNOTS), _KNOT_MS),
        course=fields.number(7, "course", 0.0, 360.0),
        date=fields.date(8),
    )


def _gga(talker: str, fields: Fields) -> Reading:
    tod, quality = fields.tod(0), fields.text(5).lstrip("0")
    if not quality:
        return Reading(talker=talker, kind="GGA", tod=tod, valid=False)
    if quality not in _QUALITIES:
        raise RefusedError("quality")
    return _measured(talker, "GGA", tod, _QUALITIES[quality], fields)


def _gns(talker: str, fields: Fields) -> Reading:
    """One mode letter for each constellation; a fix with any is a fix."""
    tod = fields.tod(0)
    kinds = [_MODES[letter] for letter in fields.text(5) if letter in _MODES]
    if not kinds:
        return Reading(talker=talker, kind="GNS", tod=tod, valid=False)
    return _measured(talker, "GNS", tod, max(kinds, key=FIX_RANK.index), fields)


def _gll(talker: str, fields: Fields) -> Reading:
    """Before NMEA 2 there was neither time nor status: such a sentence says nothing."""
    status, mode = fields.text(5), fields.text(6)
    if not status:
        return Reading(talker=talker, kind="GLL")
    tod = fields.tod(4)
    if status != "A" or mode == "N":
        return Reading(talker=talker, kind="GLL", tod=tod, valid=False)
    lat, lon = _place(fields, 0)
    fix = _MODES.get(mode, "gps")
    return Reading(talker=talker, kind="GLL", tod=tod, valid=True, fix=fix, lat=lat, lon=lon)


def _zda(talker: str, fields: Fields) -> Reading:
    return Reading(talker=talker, kind="ZDA", tod=fields.tod(0), date=fields.full_date(1))


def _vtg(talker: str, fields: Fields) -> Reading:
    """Both forms: values with their units behind them (NMEA 2 and later) and without (before)."""
    if fields.text(8) == "N":
        return Reading(talker=talker, kind="VTG")
    labelled = fields.text(1) in ("T", "") and not fields.is_number(1)
    knots_at, kmh_at = (4, 6) if labelled else (2, 3)
    speed = _scaled(fields.number(knots_at, "speed", 0.0, _MAX_KNOTS), _KNOT_MS)
    if speed is None:
        speed = _scaled(fields.number(kmh_at, "speed", 0.0, _MAX_KMH), _KMH_MS)
    course = fields.number(0, "course", 0.0, 360.0)
    return Reading(talker=talker, kind="VTG", speed=speed, course=course)


def _gsa(talker: str, fields: Fields) -> Reading:
    """Some receivers list 24 satellites instead of 12, so an odd length is read from its end."""
    count, mode = len(fields), fields.text(1)
    hdop_at = 15 if count in _GSA_FIELDS else count - 2
    return Reading(
        talker=talker,
        kind="GSA",
        mode=int(mode) if mode in ("1", "2", "3") else None,
        hdop=_dop(fields, hdop_at) if count >= _GSA_FIELDS[0] else None,
    )


def _gst(talker: str, fields: Fields) -> Reading:
    accuracy = _radius(fields, 5, 6)
    return Reading(talker=talker, kind="GST", tod=fields.tod(0), accuracy=accuracy)


def _gbs(talker: str, fields: Fields) -> Reading:
    accuracy = _radius(fields, 1, 2)
    return Reading(talker=talker, kind="GBS", tod=fields.tod(0), accuracy=accuracy)


_READERS: dict[str, Callable[[str, Fields], Reading]] = {
    "RMC": _rmc,
    "GGA": _gga,
    "GNS": _gns,
    "GLL": _gll,
    "ZDA": _zda,
    "VTG": _vtg,
    "GSA": _gsa,
    "GST": _gst,
    "GBS": _gbs,
}


def _place(fields: Fields, index: int) -> tuple[float, float]:
    """Return the position; a sentence that claims a fix and gives none has said nothing."""
    place = fields.position(index)
    if place is None:
        raise RefusedError("no_position")
    return place


def _measured(talker: str, kind: str, tod: Tod | None, fix: FixKind, fields: Fields) -> Reading:
    """Read what GGA and GNS say in the same fields. No fix is made of 0 satellites: not known."""
    lat, lon = _place(fields, 1)
    satellites = fields.number(6, "satellites", 0, _MAX_SATELLITES)
    return Reading(
        talker=talker,
        kind=kind,
        tod=tod,
        valid=True,
        fix=fix,
        lat=lat,
        lon=lon,
        satellites=int(satellites) if satellites else None,
        hdop=_dop(fields, 7),
        alt=fields.number(8, "altitude", *_ALTITUDES),
    )


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else round(value * factor, 3)


def _dop(fields: Fields, index: int) -> float | None:
    value = fields.number(index, "dop", 0.0, 1e4)
    return value if value is not None and 0 < value < _NO_DOP else None


def _radius(fields: Fields, lat_at: int, lon_at: int) -> float | None:
    """Return twice the distance RMS, which holds 95.4 to 98.2 % whatever the ellipse's shape.

    Source: van Diggelen, "GNSS Accuracy: Lies, Damn Lies, and Statistics", GPS World 2007.
    """
    lat = fields.number(lat_at, "deviation", 0.0, _MAX_DEVIATION_M)
    lon = fields.number(lon_at, "deviation", 0.0, _MAX_DEVIATION_M)
    if not lat or not lon:
        return None
    return round(2 * hypot(lat, lon), 2)
