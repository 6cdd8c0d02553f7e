"""How far it is on the ground."""

from math import asin, cos, radians, sin, sqrt
from typing import Final

EARTH_RADIUS_M: Final = 6_371_008.8
"""The mean radius R1 of the IUGG (WGS 84): distances are right within 0.6 %."""


def haversine_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return the great-circle distance in metres between two positions in degrees.

    R. W. Sinnott, Virtues of the Haversine, Sky and Telescope 68 (1984), page 159.
    """
    north, east = radians(other_lat - lat) / 2, radians(other_lon - lon) / 2
    half = sin(north) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(east) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half)))
