from hypothesis import given
from hypothesis import strategies as st

from device_agent.moment import GPS_TIME_GOOD_S, TrackerClock
from runtime.clock import ManualClock

BUILD_MS = 1_600_000_000_000
NOW_MS = 1_700_000_000_000


def make(now_ms: int = NOW_MS) -> tuple[ManualClock, TrackerClock]:
    clock = ManualClock(now_ms=now_ms)
    return clock, TrackerClock(clock, build_ms=BUILD_MS)


def test_without_a_receiver_the_host_is_believed() -> None:
    clock, tracker_clock = make()
    moment = tracker_clock.moment()
    assert (moment.wall_ms, moment.source) == (NOW_MS, "host")
    assert moment.now == clock.monotonic()
    assert not tracker_clock.lies()


def test_a_host_before_the_build_date_lies_even_without_a_receiver() -> None:
    _, tracker_clock = make(now_ms=0)
    assert tracker_clock.lies()
    assert tracker_clock.moment().source == "host"


def test_a_receiver_that_agrees_changes_nothing() -> None:
    clock, tracker_clock = make()
    tracker_clock.hear_gps(NOW_MS - 4_000, clock.monotonic())
    assert tracker_clock.moment().source == "host"
    assert not tracker_clock.lies()


def test_a_receiver_that_disagrees_overrules_the_host_and_runs_on() -> None:
    clock, tracker_clock = make()
    tracker_clock.hear_gps(NOW_MS + 6_000, clock.monotonic())
    clock.advance(10)
    moment = tracker_clock.moment()
    assert (moment.wall_ms, moment.source) == (NOW_MS + 16_000, "gps")
    assert tracker_clock.lies()


def test_a_receiver_silent_for_hours_is_overruled_by_a_host_that_was_set_since() -> None:
    clock, tracker_clock = make()
    tracker_clock.hear_gps(NOW_MS + 6_000, clock.monotonic())
    clock.advance(GPS_TIME_GOOD_S + 1)
    assert tracker_clock.moment().source == "host"
    assert not tracker_clock.lies()


def test_a_host_before_the_build_date_is_overruled_by_the_oldest_gps_time() -> None:
    clock, tracker_clock = make(now_ms=5_000)
    tracker_clock.hear_gps(NOW_MS, clock.monotonic())
    clock.advance(GPS_TIME_GOOD_S + 1)
    assert tracker_clock.moment().source == "gps"
    assert tracker_clock.lies()


@given(
    host=st.integers(0, 2**42),
    gps=st.integers(BUILD_MS, 2**42),
    later=st.floats(0, 1e6),
)
def test_the_time_is_always_one_of_the_two(host: int, gps: int, later: float) -> None:
    """Whatever the clocks say, the moment is the host's time or the receiver's carried on."""
    clock, tracker_clock = make(now_ms=host)
    tracker_clock.hear_gps(gps, clock.monotonic())
    clock.advance(later)
    moment = tracker_clock.moment()
    expected = clock.now_ms() if moment.source == "host" else gps + later * 1000
    assert abs(moment.wall_ms - expected) <= 1
