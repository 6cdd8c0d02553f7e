"""Simulated holders move plausibly."""

from math import cos, hypot, radians

from hypothesis import given
from hypothesis import strategies as st

from guardian.simulator.motion import METRES_PER_DEGREE, SPEEDS, START_SPREAD_DEG, Walker

TAIPEI = (25.0375, 121.5637)


@given(st.integers(0, 2**32), st.lists(st.floats(0.01, 300), min_size=1, max_size=20))
def test_nobody_is_faster_than_the_fastest_speed(seed: int, steps: list[float]) -> None:
    walker = Walker(seed, *TAIPEI)
    before = walker.walk(0)
    for seconds in steps:
        after = walker.walk(seconds)
        north = (after.lat - before.lat) * METRES_PER_DEGREE
        east = (after.lon - before.lon) * METRES_PER_DEGREE * cos(radians(after.lat))
        assert hypot(north, east) <= max(SPEEDS) * seconds * 1.01 + 0.01
        before = after


@given(st.integers(0, 2**32))
def test_a_walk_begins_near_the_centre_and_repeats_with_its_seed(seed: int) -> None:
    first, second = Walker(seed, *TAIPEI), Walker(seed, *TAIPEI)
    begin = first.walk(0)
    assert abs(begin.lat - TAIPEI[0]) <= START_SPREAD_DEG
    assert abs(begin.lon - TAIPEI[1]) <= START_SPREAD_DEG
    assert second.walk(0) == begin
    assert first.walk(100) == second.walk(100)


def test_somebody_moves_within_ten_minutes() -> None:
    """A walker that only ever rested would show nothing on a map."""
    walkers = [Walker(seed, *TAIPEI) for seed in range(10)]
    before = [walker.walk(0) for walker in walkers]
    after = [walker.walk(600) for walker in walkers]
    assert sum(one.lat != two.lat for one, two in zip(before, after, strict=True)) >= 8
