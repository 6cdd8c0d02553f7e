"""The search circle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.messages import JourneyMode
from dispatcher.following.circle import (
    DEFAULT_TOP_SPEED,
    TOP_SPEEDS,
    UNKNOWN_ACCURACY_M,
    WHOLE_EARTH_M,
    reach,
)

times = st.integers(0, 2**53)
lengths = st.none() | st.floats(0, 1e12)


@given(
    times,
    lengths,
    lengths,
    st.none() | st.sampled_from(sorted(TOP_SPEEDS)),
    st.tuples(times, times).map(sorted),
)
def test_without_a_new_fix_it_never_shrinks(
    fixed_at: int,
    accuracy: float | None,
    speed: float | None,
    mode: JourneyMode | None,
    instants: list[int],
) -> None:
    circle = reach(fixed_at, accuracy=accuracy, speed=speed, mode=mode)
    earlier, later = instants
    assert 0 <= circle.radius(earlier) <= circle.radius(later) <= WHOLE_EARTH_M


@pytest.mark.parametrize(
    ("mode", "speed", "expected"),
    [
        (None, None, 8 + DEFAULT_TOP_SPEED * 60),
        ("walk", 1.0, 8 + 2.0 * 60),
        ("walk", 20.0, 8 + 20.0 * 60),
        ("taxi", 5.0, 8 + 33.3 * 60),
    ],
)
def test_it_grows_by_the_last_speed_or_the_modes_top_speed(
    mode: JourneyMode | None, speed: float | None, expected: float
) -> None:
    assert reach(1000, accuracy=8, speed=speed, mode=mode).radius(61_000) == pytest.approx(expected)


def test_a_fix_of_this_moment_has_its_accuracy_alone() -> None:
    assert reach(5000, accuracy=12.5).radius(5000) == 12.5
    assert reach(5000).radius(5000) == UNKNOWN_ACCURACY_M
    assert reach(5000, accuracy=12.5).radius(1000) == 12.5
