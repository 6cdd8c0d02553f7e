"""Areas on the globe: rings of positions in degrees, with holes, also across the antimeridian."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, radians
from typing import Final, Self, TypeAlias

Positions: TypeAlias = Sequence[tuple[float, float]]
"""A closed ring of [longitude, latitude], as GeoJSON has it."""

TURN: Final = 360.0
HALF_TURN: Final = 180.0


class PoleError(ValueError):
    """The ring goes round a pole: nobody can say which side is inside."""


class FlatError(ValueError):
    """The ring encloses nothing."""


@dataclass(frozen=True, slots=True)
class Ring:
    """One closed line; longitudes go on beyond 180 where it crosses the antimeridian."""

    edges: tuple[tuple[float, float, float, float], ...]
    west: float
    south: float
    east: float
    north: float
    area: float
    """Square degrees of the equator's size, which only orders areas."""

    @classmethod
    def of(cls, positions: Positions) -> Self:
        """Take a closed ring.

        Raises:
            PoleError, FlatError: it has no inside.
        """
        points = _unwrapped(positions)
        lons, lats = [lon for lon, _ in points], [lat for _, lat in points]
        edges = tuple((*a, *b) for a, b in pairwise(points) if a[1] != b[1])
        twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(points))
        area = abs(twice) / 2 * cos(radians(sum(lats) / len(lats)))
        if area == 0:
            raise FlatError("encloses nothing")
        return cls(edges, min(lons), min(lats), max(lons), max(lats), area)

    def holds(self, lat: float, lon: float) -> bool:
        """Say whether a position is inside; of a common border each point is on one side only."""
        return any(self._holds(lat, each) for each in (lon, lon + TURN, lon - TURN))

    def _holds(self, lat: float, lon: float) -> bool:
        """Count the lines to the west: an odd number is inside."""
        if not (self.south <= lat <= self.north and self.west <= lon <= self.east):
            return False
        inside = False
        for from_lon, from_lat, to_lon, to_lat in self.edges:
            if (from_lat > lat) == (to_lat > lat):
                continue
            share = (lat - from_lat) / (to_lat - from_lat)
            if lon > from_lon + share * (to_lon - from_lon):
                inside = not inside
        return inside


@dataclass(frozen=True, slots=True)
class Polygon:
    """An outer ring and the holes in it."""

    outer: Ring
    holes: tuple[Ring, ...] = ()

    @property
    def area(self) -> float:
        """Return what is left without the holes."""
        return self.outer.area - sum(hole.area for hole in self.holes)

    def holds(self, lat: float, lon: float) -> bool:
        """Say whether a position is inside and in no hole."""
        inside = self.outer.holds(lat, lon)
        return inside and not any(hole.holds(lat, lon) for hole in self.holes)


def _unwrapped(positions: Positions) -> list[tuple[float, float]]:
    """Return the ring without jumps: a step over half the globe went the other way round."""
    shift, points, before = 0.0, [], positions[0][0]
    for lon, lat in positions:
        if lon - before > HALF_TURN:
            shift -= TURN
        elif before - lon > HALF_TURN:
            shift += TURN
        before = lon
        points.append((lon + shift, lat))
    if shift:
        raise PoleError("goes round a pole")
    return points
