"""The jurisdictions: which one a place is in, its channels, and the stations near it."""

import heapq
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

from contract.distance import Point, distance_m
from dispatcher.jurisdiction.polygon import Polygon

NEAREST: Final = 3
"""As many stations as an operator compares at one look."""
REMEMBERED: Final = 20_000
"""Places whose answers are kept: 10,000 open incidents are drawn again every 10 s."""


class Station(Struct, frozen=True, kw_only=True):
    """Where the police are; `approximate`: the position is the town's, not the building's."""

    name: str
    lat: float
    lon: float
    name_local: str = ""
    telephone: str | None = None
    approximate: bool = False


class Jurisdiction(Struct, frozen=True, kw_only=True):
    """An area and who is responsible there; `channels` None means all of them."""

    id: str
    name: str
    areas: tuple[Polygon, ...]
    name_local: str = ""
    priority: int = 0
    stations: tuple[Station, ...] = ()
    channels: tuple[str, ...] | None = None

    @property
    def area(self) -> float:
        """Return its size; it only orders jurisdictions."""
        return sum(each.area for each in self.areas)

    def holds(self, lat: float, lon: float) -> bool:
        """Say whether a position is inside."""
        return any(each.holds(lat, lon) for each in self.areas)


class Near(Struct, frozen=True, kw_only=True):
    """A station, and how far it is in a straight line, in metres."""

    station: Station
    jurisdiction: str
    distance: float


class Jurisdictions:
    """All of them. Where areas overlap the higher `priority` has it, then the smaller area."""

    def __init__(self, known: Sequence[Jurisdiction] = ()) -> None:
        """Take jurisdictions with different ids."""
        self._by_id = {each.id: each for each in known}
        self._ordered = sorted(known, key=lambda each: (-each.priority, each.area))
        self.at = lru_cache(REMEMBERED)(self._at)
        """`at(lat, lon)`: the jurisdiction of a place, None where nobody is named."""
        self.nearest = lru_cache(REMEMBERED)(self._nearest)
        """`nearest(lat, lon)`: the stations nearest to a place, the nearest first."""

    def find(self, jurisdiction: str) -> Jurisdiction | None:
        """Return the jurisdiction of this id."""
        return self._by_id.get(jurisdiction)

    def may_be(self, jurisdiction: str) -> bool:
        """Say whether a jurisdiction has this id; where none is written down, any may."""
        return not self._by_id or jurisdiction in self._by_id

    def all(self) -> list[Jurisdiction]:
        """Return all of them, in the order of the file."""
        return list(self._by_id.values())

    def channels_of(self, jurisdiction: str | None) -> tuple[str, ...] | None:
        """Return the channels that are alerted for it; None is all: so nobody is left out."""
        known = None if jurisdiction is None else self._by_id.get(jurisdiction)
        return None if known is None else known.channels

    def responsible(self, channels: Sequence[str], jurisdiction: str | None) -> list[str]:
        """Return those of some channels that an incident of this jurisdiction goes to.

        A channel that no jurisdiction names serves all. Where nobody is named, all are alerted.
        """
        own = self.channels_of(jurisdiction)
        if own is None:
            return list(channels)
        named = {name for each in self._by_id.values() for name in each.channels or ()}
        return [name for name in channels if name in own or name not in named]

    def _at(self, lat: float, lon: float) -> Jurisdiction | None:
        return next((each for each in self._ordered if each.holds(lat, lon)), None)

    def _nearest(self, lat: float, lon: float) -> tuple[Near, ...]:
        here = Point(lat, lon)
        every = (
            Near(station=station, jurisdiction=each.id, distance=distance_m(here, station))
            for each in self._by_id.values()
            for station in each.stations
        )
        return tuple(heapq.nsmallest(NEAREST, every, key=lambda near: near.distance))


NOWHERE: Final = Jurisdictions()
"""Nobody is named anywhere: everybody is alerted."""
