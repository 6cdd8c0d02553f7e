"""How a simulated holder moves: walks, rides and rests, and never jumps."""

from dataclasses import dataclass
from math import cos, radians, sin
from random import Random

METRES_PER_DEGREE = 111_320.0
"""Of latitude on the WGS 84 sphere of equal volume; good to 0.5 %, enough to look plausible."""
SPEEDS = (0.0, 1.4, 5.0, 12.0)
"""Metres a second: at rest, on foot, by bicycle, by car in a town."""
LEG_S = (20.0, 120.0)
"""How long somebody keeps one way: from a block to a long street."""
TURN_DEG = 60.0
"""How sharply somebody turns between two legs."""
START_SPREAD_DEG = 0.03
"""Trackers begin within three kilometres of the centre."""


@dataclass(frozen=True)
class Position:
    """Where a simulated holder is: degrees, m/s, degrees true."""

    lat: float
    lon: float
    speed: float
    course: float


class Walker:
    """One holder; the same seed walks the same way."""

    def __init__(self, seed: int, lat: float, lon: float) -> None:
        """Begin near `lat`, `lon` (degrees)."""
        self._random = Random(seed)  # noqa: S311 - a walk, not a secret
        spread = START_SPREAD_DEG
        self._lat = lat + self._random.uniform(-spread, spread)
        self._lon = lon + self._random.uniform(-spread, spread)
        self._course = self._random.uniform(0, 360)
        self._speed = self._random.choice(SPEEDS)
        self._leg_left_s = self._random.uniform(*LEG_S)

    def walk(self, seconds: float) -> Position:
        """Move on for so long and return the new position."""
        while seconds > 0:
            step = min(seconds, self._leg_left_s)
            self._move(step)
            seconds -= step
            self._leg_left_s -= step
            if self._leg_left_s <= 0:
                self._turn()
        return Position(self._lat, self._lon, self._speed, self._course)

    def _move(self, seconds: float) -> None:
        metres = self._speed * seconds
        way = radians(self._course)
        self._lat += metres * cos(way) / METRES_PER_DEGREE
        self._lon += metres * sin(way) / (METRES_PER_DEGREE * cos(radians(self._lat)))

    def _turn(self) -> None:
        self._course = (self._course + self._random.uniform(-TURN_DEG, TURN_DEG)) % 360
        self._speed = self._random.choice(SPEEDS)
        self._leg_left_s = self._random.uniform(*LEG_S)
