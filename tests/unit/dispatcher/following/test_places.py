"""What consoles are told of places."""

from dispatcher.answers import Circle, Moved, Place
from dispatcher.following.places import Places


def moved(incident: str, lat: float = 25.0) -> Moved:
    circle = Circle(
        lat=lat, lon=121.0, radius=5.0, at=1, accuracy=5.0, age_ms=0, speed=13.9
    )  # fmt: skip
    return Moved(incident=incident, place=Place(lat=lat, lon=121.0, received_at=1), circle=circle)


def told(places: Places, after: int = 0) -> list[tuple[str, float]]:
    return [(each.incident, each.place.lat) for each in places.after(after)[1]]


def test_of_each_incident_only_the_newest_is_told() -> None:
    places = Places()
    for incident, lat in (("a", 1.0), ("b", 2.0), ("a", 3.0)):
        places.moved(moved(incident, lat))
    assert told(places) == [("b", 2.0), ("a", 3.0)]
    assert told(places, 2) == [("a", 3.0)]
    assert places.after(3) == (3, [])
    assert places.last() == 3


def test_what_has_ended_is_told_to_nobody() -> None:
    places = Places()
    for incident in ("a", "b", "c"):
        places.moved(moved(incident))
    places.forget("a")
    places.keep_only({"b"})
    assert told(places) == [("b", 25.0)]
