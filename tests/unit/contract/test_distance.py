"""Distances on the ground."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.distance import EARTH_M, Point, distance_m

lats, lons = st.floats(-90, 90), st.floats(-180, 180)


def test_known_distances() -> None:
    degree = EARTH_M * 3.141592653589793 / 180
    assert distance_m(Point(0, 0), Point(0, 1)) == pytest.approx(degree)
    assert distance_m(Point(60, 0), Point(60, 1)) == pytest.approx(degree / 2, rel=1e-4)
    assert distance_m(Point(0, 179.5), Point(0, -179.5)) == pytest.approx(degree)
    taipei_to_kaohsiung = distance_m(Point(25.0478, 121.5170), Point(22.6394, 120.3026))
    assert taipei_to_kaohsiung == pytest.approx(294_900, rel=0.006)


@given(lats, lons, lats, lons)
def test_it_is_the_same_both_ways_and_at_most_half_way_round(
    lat: float, lon: float, other_lat: float, other_lon: float
) -> None:
    there = distance_m(Point(lat, lon), Point(other_lat, other_lon))
    assert there == pytest.approx(
        distance_m(Point(other_lat, other_lon), Point(lat, lon)), abs=1e-3
    )
    assert 0 <= there <= EARTH_M * 3.1415927
