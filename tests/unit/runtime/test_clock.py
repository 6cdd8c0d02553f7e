import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.clock import Clock, ManualClock, SystemClock


def test_the_system_clock_tells_unix_milliseconds() -> None:
    before = time.time_ns() // 1_000_000
    now = SystemClock().now_ms()
    assert before <= now <= time.time_ns() // 1_000_000


def test_the_monotonic_clock_of_the_system_never_goes_back() -> None:
    clock = SystemClock()
    readings = [clock.monotonic() for _ in range(100)]
    assert readings == sorted(readings)


def test_a_manual_clock_stands_still() -> None:
    clock = ManualClock(now_ms=5, monotonic=7.0)
    assert (clock.now_ms(), clock.monotonic()) == (5, 7.0)
    assert (clock.now_ms(), clock.monotonic()) == (5, 7.0)


def test_time_passes_on_both_clocks() -> None:
    clock = ManualClock(now_ms=1000, monotonic=1.0)
    clock.advance(2.5)
    assert (clock.now_ms(), clock.monotonic()) == (3500, 3.5)


def test_setting_the_wall_clock_leaves_the_monotonic_one() -> None:
    clock = ManualClock(now_ms=1000, monotonic=1.0)
    clock.set_wall(10)
    assert (clock.now_ms(), clock.monotonic()) == (10, 1.0)


def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="does not go back"):
        ManualClock().advance(-0.001)


@given(st.lists(st.integers(0, 10_000), max_size=50))
def test_many_small_steps_are_one_large_step(steps_ms: list[int]) -> None:
    """Fractions of milliseconds are not lost on the way."""
    clock = ManualClock(now_ms=0)
    for step in steps_ms:
        for _ in range(4):
            clock.advance(step / 4000)
    assert clock.now_ms() == sum(steps_ms)


def test_both_are_clocks() -> None:
    clocks: list[Clock] = [SystemClock(), ManualClock()]
    assert all(isinstance(clock.now_ms(), int) for clock in clocks)
