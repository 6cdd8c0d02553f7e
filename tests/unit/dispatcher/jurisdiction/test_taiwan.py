"""The sample."""

import pytest

from dispatcher.jurisdiction.taiwan import taiwan

KNOWN = taiwan()


def test_every_department_is_in_its_own_area() -> None:
    assert len(KNOWN.all()) == 22
    for each in KNOWN.all():
        (station,) = each.stations
        assert KNOWN.at(station.lat, station.lon) is each
        assert (station.telephone, station.approximate) == ("110", True)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((25.03375, 121.56437), "Taipei City"),
        ((25.0119, 121.4637), "New Taipei City"),
        ((22.6273, 120.3014), "Kaohsiung City"),
        ((24.4493, 118.3765), "Kinmen County"),
    ],
)
def test_known_places(place: tuple[float, float], expected: str) -> None:
    found = KNOWN.at(*place)
    assert found is not None
    assert found.id == expected


def test_the_sea_is_nobodys() -> None:
    assert KNOWN.at(22.5, 123.5) is None
    assert KNOWN.nearest(22.5, 123.5)[0].jurisdiction == "Taitung County"
