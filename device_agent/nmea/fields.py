"""The raw fields of a sentence as numbers, times and places. Empty is absent, never 0."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_TOD = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9]|60)(\.[0-9]*)?")
_DEGREES_MINUTES = re.compile(r"[0-9]{1,5}(?:\.[0-9]*)?")
_SHORT_DATE = re.compile(r"[0-9]{6}")
_DIGITS = re.compile(r"[0-9]{1,4}")
_GPS_BEGAN = 1980
_LAST_YEAR = 2099
_MAX_MINUTES = 60.0
"""Included: some receivers round 59.99999 up."""
_MAX_LAT = 90.0
_MAX_LON = 180.0
_PLACE_DIGITS = 9
"""0.1 mm; the last digit that real-time kinematic receivers send is 1 mm."""
_AGAIN = 8
"""One instant's sentences repeat its time and place, so each is read once."""


class RefusedError(Exception):
    """A field without which the sentence has no meaning is malformed or out of range."""


class Tod(Struct, frozen=True, gc=False):
    """A time of day, UTC: as the receiver sent it, and in ms (a leap second is 86,400,000)."""

    text: str
    ms: int


class Fields:
    """A sentence's raw fields; one that is not there reads as empty.

    Optional fields that are malformed or out of range are absent and counted in `rejects`.
    """

    def __init__(self, raw: Sequence[str], rejects: Counter[str]) -> None:
        self._raw = raw
        self._rejects = rejects

    def __len__(self) -> int:
        return len(self._raw)

    def text(self, index: int) -> str:
        """Return the field without padding."""
        return self._raw[index].strip() if index < len(self._raw) else ""

    def is_number(self, index: int) -> bool:
        """Say whether the field has the form of a number."""
        return _NUMBER.fullmatch(self.text(index)) is not None

    def number(self, index: int, name: str, low: float, high: float) -> float | None:
        """Return the field within [low, high]; anything else is absent, counted as `name`."""
        text = self.text(index)
        if not text:
            return None
        if _NUMBER.fullmatch(text) and low <= (value := float(text)) <= high:
            return value
        self._rejects[name] += 1
        return None

    def tod(self, index: int) -> Tod | None:
        """Return `hhmmss` with any fraction.

        Raises:
            RefusedError: it is neither empty nor a time of day.
        """
        text = self.text(index)
        return _tod(text) if text else None

    def position(self, index: int) -> tuple[float, float] | None:
        """Return latitude and longitude of four fields from `index`, in degrees.

        Absent where a coordinate is empty, and at exactly 0, 0, which is what firmware writes
        that has none.

        Raises:
            RefusedError: malformed or out of range.
        """
        lat_text, lon_text = self.text(index), self.text(index + 2)
        if not lat_text or not lon_text:
            return None
        lat = _degrees(lat_text, self.text(index + 1), "NS", _MAX_LAT)
        lon = _degrees(lon_text, self.text(index + 3), "EW", _MAX_LON)
        return (lat, lon) if lat or lon else None

    def date(self, index: int) -> dt.date | None:
        """Return `ddmmyy`; years from 80 on are of the last century, as GPS began in 1980."""
        text = self.text(index)
        if not text:
            return None
        if not _SHORT_DATE.fullmatch(text):
            self._rejects["date"] += 1
            return None
        year = int(text[4:])
        century = 1900 if 1900 + year >= _GPS_BEGAN else 2000
        return self._date(century + year, int(text[2:4]), int(text[:2]))

    def full_date(self, index: int) -> dt.date | None:
        """Return three fields from `index`: day, month, year with its century."""
        texts = [self.text(index + i) for i in range(3)]
        if not all(texts):
            return None
        if not all(_DIGITS.fullmatch(text) for text in texts):
            self._rejects["date"] += 1
            return None
        return self._date(int(texts[2]), int(texts[1]), int(texts[0]))

    def _date(self, year: int, month: int, day: int) -> dt.date | None:
        if _GPS_BEGAN <= year <= _LAST_YEAR:
            try:
                return dt.date(year, month, day)
            except ValueError:
                pass
        self._rejects["date"] += 1
        return None


@lru_cache(maxsize=_AGAIN)
def _tod(text: str) -> Tod:
    match = _TOD.fullmatch(text)
    if match is None:
        raise RefusedError("time")
    hours, minutes, seconds, fraction = match.groups(default="")
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    return Tod(text, whole * 1000 + round(float("0" + fraction) * 1000))


@lru_cache(maxsize=_AGAIN)
def _degrees(text: str, hemisphere: str, hemispheres: str, limit: float) -> float:
    """Return `dddmm.mmmm` with its hemisphere in degrees, south and west negative."""
    if not _DEGREES_MINUTES.fullmatch(text) or hemisphere not in tuple(hemispheres):
        raise RefusedError("position")
    degrees, minutes = divmod(float(text), 100)
    value = round(degrees + minutes / 60, _PLACE_DIGITS)
    if minutes > _MAX_MINUTES or value > limit:
        raise RefusedError("position")
    return value if hemisphere == hemispheres[0] else 0.0 - value
