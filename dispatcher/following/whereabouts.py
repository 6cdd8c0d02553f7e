"""Where an incident's tracker is, as consoles and channels are shown it. Pure."""

from typing import TYPE_CHECKING

from msgspec import Struct

from dispatcher.answers import Circle, NearStation, Place, TrackPoint
from dispatcher.following.circle import reach
from dispatcher.incident import fixes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contract.salvage import Place as Fix
    from dispatcher.jurisdiction.table import Jurisdictions
    from dispatcher.records import PressRecord
    from dispatcher.store.last_places import LastPlace
    from dispatcher.store.positions import PositionRecord


class Whereabouts(Struct, frozen=True, kw_only=True):
    """All of it; empty while no position is known, or once it is sealed."""

    place: Place | None = None
    circle: Circle | None = None
    track: list[TrackPoint] = []
    nearest: list[NearStation] = []


SEALED = Whereabouts()


def best_fix(
    presses: "Sequence[PressRecord]", last: "LastPlace | None"
) -> "tuple[Fix, int] | None":
    """Return the newest fix (`fixes.rank`) of presses and of following, and when it arrived."""
    press = fixes.best(presses)
    if press is None or press.place is None:
        return None if last is None else (last.place, last.arrived_at)
    pressed = press.place, press.placed_at or press.received_at
    if last is None:
        return pressed
    followed = last.place, last.arrived_at
    return max(pressed, followed, key=lambda each: fixes.rank(*each))


def place_of(fix: "Fix", arrived_at: int) -> Place:
    """Return a fix as it is shown."""
    return Place(
        lat=fix.lat,
        lon=fix.lon,
        received_at=arrived_at,
        time=fix.time,
        accuracy=fix.accuracy,
        alt=fix.alt,
        speed=fix.speed,
        course=fix.course,
    )


def circle_of(fix: "Fix", arrived_at: int, now: int) -> Circle:
    """Return where the holder can be by now; how they go is not known."""
    grows = reach(fixes.fixed_at(fix, arrived_at), accuracy=fix.accuracy, speed=fix.speed)
    return Circle(
        lat=fix.lat,
        lon=fix.lon,
        radius=grows.radius(now),
        at=now,
        accuracy=grows.accuracy,
        age_ms=grows.age_ms(now),
        speed=grows.speed,
    )


def track_of(positions: "Sequence[PositionRecord]") -> list[TrackPoint]:
    """Return the way in order of the fixes' times; what has no plausible time is left out."""
    points = [
        TrackPoint(lat=each.place.lat, lon=each.place.lon, time=each.place.time)
        for each in positions
        if each.place.time is not None and fixes.is_plausible(each.place, each.arrived_at)
    ]
    return sorted(points, key=lambda point: point.time)


def whereabouts(
    presses: "Sequence[PressRecord]",
    last: "LastPlace | None",
    jurisdictions: "Jurisdictions",
    now: int,
    *,
    positions: "Sequence[PositionRecord]" = (),
) -> Whereabouts:
    """Return what is shown of an open incident."""
    best = best_fix(presses, last)
    if best is None:
        return SEALED
    near = [
        NearStation(
            name=each.station.name,
            name_local=each.station.name_local,
            jurisdiction=each.jurisdiction,
            distance=round(each.distance),
            lat=each.station.lat,
            lon=each.station.lon,
            telephone=each.station.telephone,
            approximate=each.station.approximate,
        )
        for each in jurisdictions.nearest(best[0].lat, best[0].lon)
    ]
    return Whereabouts(
        place=place_of(*best),
        circle=circle_of(*best, now),
        track=track_of(positions),
        nearest=near,
    )
