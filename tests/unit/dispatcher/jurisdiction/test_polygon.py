"""Areas on the globe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.jurisdiction.polygon import FlatError, PoleError, Polygon, Ring


def box(west: float, south: float, east: float, north: float) -> list[tuple[float, float]]:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_of_four_neighbours_one_alone_holds_a_place(lat: float, lon: float) -> None:
    """Also on their common borders."""
    quarters = [box(-9, -9, 0, 0), box(0, -9, 9, 0), box(-9, 0, 0, 9), box(0, 0, 9, 9)]
    assert sum(Ring.of(each).holds(lat, lon) for each in quarters) == 1


def test_a_hole_is_outside() -> None:
    polygon = Polygon(Ring.of(box(0, 0, 10, 10)), (Ring.of(box(4, 4, 6, 6)),))
    assert polygon.holds(2, 2)
    assert not polygon.holds(5, 5)
    assert not polygon.holds(5, 11)
    assert polygon.area == pytest.approx(96, rel=0.01)


@pytest.mark.parametrize("lon", [179.5, -179.5, 180.0, -180.0])
def test_an_area_may_cross_the_antimeridian(lon: float) -> None:
    fiji = [(179, -20), (-179, -20), (-179, -15), (179, -15), (179, -20)]
    assert Ring.of(fiji).holds(-17, lon)
    assert not Ring.of(fiji).holds(-17, 0)
    assert not Ring.of(fiji).holds(-17, 178.9)
    assert Ring.of(fiji).area == pytest.approx(10, rel=0.1)


def test_what_has_no_inside_is_refused() -> None:
    with pytest.raises(PoleError):
        Ring.of([(0, 80), (120, 80), (-120, 80), (0, 80)])
    with pytest.raises(FlatError):
        Ring.of([(0, 0), (1, 1), (2, 2), (0, 0)])
