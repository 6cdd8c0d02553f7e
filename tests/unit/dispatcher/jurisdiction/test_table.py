"""Which jurisdiction has a place."""

from dispatcher.jurisdiction.polygon import Polygon, Ring
from dispatcher.jurisdiction.table import NOWHERE, Jurisdiction, Jurisdictions, Station


def square(
    name: str, size: float, *, priority: int = 0, channels: tuple[str, ...] | None = None
) -> Jurisdiction:
    ring = Ring.of([(0, 0), (size, 0), (size, size), (0, size), (0, 0)])
    return Jurisdiction(
        id=name,
        name=name,
        areas=(Polygon(ring),),
        priority=priority,
        channels=channels,
        stations=(Station(name=f"{name} police", lat=size, lon=0.0),),
    )


def whose(known: Jurisdictions, lat: float, lon: float) -> str | None:
    found = known.at(lat, lon)
    return None if found is None else found.id


def test_of_overlapping_areas_the_smaller_has_it() -> None:
    known = Jurisdictions([square("county", 10), square("campus", 1), square("city", 5)])
    assert [whose(known, each, each) for each in (0.5, 3, 7, 11)] == [
        "campus", "city", "county", None,
    ]  # fmt: skip


def test_a_higher_priority_has_it_whatever_its_size() -> None:
    known = Jurisdictions([square("campus", 1), square("army", 10, priority=1)])
    assert whose(known, 0.5, 0.5) == "army"


def test_a_channel_that_is_named_serves_those_alone_that_name_it() -> None:
    known = Jurisdictions(
        [square("a", 1, channels=("desk-a",)), square("b", 2, channels=("desk-b",)), square("c", 3)]
    )
    every = ["log", "desk-a", "desk-b", "national"]
    assert known.responsible(every, "a") == ["log", "desk-a", "national"]
    assert known.responsible(every, "c") == every
    assert known.responsible(every, None) == every
    assert known.responsible(every, "unheard of") == every
    assert known.channels_of("a") == ("desk-a",)


def test_the_nearest_stations_come_first() -> None:
    known = Jurisdictions(
        [square("far", 9), square("near", 1), square("mid", 5), square("off", 50)]
    )
    near = known.nearest(0.0, 0.0)
    assert [each.jurisdiction for each in near] == ["near", "mid", "far"]
    assert near[0].distance < near[1].distance < near[2].distance
    assert NOWHERE.nearest(0.0, 0.0) == ()
