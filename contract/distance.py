"""How far it is on the ground: tracker, store and dispatcher must judge a step alike."""

from math import asin, cos, radians, sin, sqrt
from typing import Final, NamedTuple, Protocol

EARTH_M: Final = 6_371_008.8
"""The mean radius R1 of the IUGG (WGS 84): distances are right within 0.6 %."""


class Position(Protocol):
    """Whatever has a latitude and a longitude in degrees."""

    @property
    def lat(self) -> float:
        """Degrees north."""

    @property
    def lon(self) -> float:
        """Degrees east."""


class Point(NamedTuple):
    """A position and nothing else."""

    lat: float
    lon: float


def distance_m(a: Position, b: Position) -> float:
    """Return the great-circle distance in metres.

    R. W. Sinnott, Virtues of the Haversine, Sky and Telescope 68 (1984), page 159.
    """
    north, east = radians(b.lat - a.lat) / 2, radians(b.lon - a.lon) / 2
    half = sin(north) ** 2 + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(east) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(half)))
