import pytest

from device_agent.pace import FAST_UPDATES_S, LOW_FACTOR, LOW_UPDATES_FACTOR, Pace
from tests.unit.device_agent.fakes import intervals


def test_reports_come_more_rarely_at_rest() -> None:
    pace = Pace(intervals(10.0, 60.0))
    assert pace.interval(0.0, moving=True) == (10.0, "moving")
    assert pace.interval(0.0, moving=False) == (60.0, "rest")


def test_rest_never_makes_reports_come_faster() -> None:
    assert Pace(intervals(300.0, 60.0)).interval(0.0, moving=False) == (300.0, "rest")


def test_every_fix_means_every_fix() -> None:
    assert Pace(intervals(0.0, 60.0)).interval(0.0, moving=False) == (0.0, "moving")


def test_a_low_battery_stretches_both_and_an_empty_one_ends_them() -> None:
    pace = Pace(intervals(10.0, 60.0))
    pace.battery = "low"
    assert pace.interval(0.0, moving=True) == (10.0 * LOW_FACTOR, "low_battery")
    assert pace.interval(0.0, moving=False) == (60.0 * LOW_FACTOR, "low_battery")
    pace.battery = "empty"
    assert pace.interval(0.0, moving=True) == (None, "low_battery")


def test_an_order_is_obeyed_on_any_battery_for_its_time() -> None:
    pace = Pace(intervals(10.0, 60.0))
    pace.battery = "empty"
    pace.order(2.0, until=30.0)
    assert pace.interval(29.9, moving=False) == (2.0, "ordered")
    assert pace.interval(30.0, moving=False) == (None, "low_battery")
    assert pace.interval(1.0, moving=False) == (None, "low_battery"), "it is over for good"


def test_an_order_without_an_end_stays() -> None:
    pace = Pace(intervals())
    pace.order(2.0, until=None)
    assert pace.interval(1e9, moving=False) == (2.0, "ordered")


@pytest.mark.parametrize(
    ("since_press_s", "expected"),
    [(0.0, FAST_UPDATES_S), (59.9, FAST_UPDATES_S), (60.0, 5.0), (None, 5.0)],
)
def test_updates_are_fast_in_the_first_minute(
    *, since_press_s: float | None, expected: float
) -> None:
    pace = Pace(intervals())
    assert pace.update_s(since_press_s) == expected
    pace.battery = "low"
    assert pace.update_s(since_press_s) == expected * LOW_UPDATES_FACTOR
