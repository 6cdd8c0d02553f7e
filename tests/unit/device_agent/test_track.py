import pytest
from msgspec.structs import replace

from contract.messages import Location
from device_agent.track import Track
from runtime.clock import ManualClock
from tests.unit.device_agent.fakes import BOOT, fix, location, make_pace


def reported(track: Track, times: list[float], *, panic: bool = False) -> list[float]:
    """Return at which of these times a fix became a report, on a ride at 5 m/s."""
    clock = ManualClock()
    ride = {at: replace(fix(clock, lat=25.0 + at * 4.5e-5), speed=5.0) for at in times}
    return [at for at in times if track.fix(ride[at], at, panic=panic) is not None]


def test_the_first_fix_is_a_report_and_then_one_every_interval() -> None:
    track = Track(BOOT, make_pace(10.0))
    assert reported(track, [float(at) for at in range(31)]) == [0.0, 10.0, 20.0, 30.0]


def test_a_fix_that_comes_a_little_late_does_not_shift_the_pace() -> None:
    """A receiver's hundredth of a second must not turn 10 s into 11 s."""
    track = Track(BOOT, make_pace(10.0))
    late = [0.0, 10.02, 20.01, 30.0]
    assert reported(track, late) == late


def test_after_a_silence_the_pace_begins_anew() -> None:
    track = Track(BOOT, make_pace(10.0))
    assert reported(track, [0.0, 95.0, 99.0, 101.0, 104.9, 105.0]) == [0.0, 95.0, 105.0]


def test_interval_zero_reports_every_fix() -> None:
    assert reported(Track(BOOT, make_pace(0.0)), [0.0, 0.1, 0.2]) == [0.0, 0.1, 0.2]


def test_reports_are_numbered_from_zero_and_carry_the_fix() -> None:
    track, clock = Track(BOOT, make_pace(0.0)), ManualClock()
    first, second = (track.fix(fix(clock), at, panic=False) for at in (1.0, 2.0))
    assert first is not None
    assert second is not None
    assert (first.boot, first.seq, second.seq, first.trigger) == (BOOT, 0, 1, "interval")
    assert (first.lat, first.time, first.clock) == (25.0, clock.now_ms(), "gps")
    assert track.place == second


def test_a_panic_makes_any_fix_a_report() -> None:
    track, clock = Track(BOOT, make_pace(10.0)), ManualClock()
    track.fix(fix(clock), 0.0, panic=False)
    report = track.fix(fix(clock), 1.0, panic=True)
    assert report is not None
    assert report.trigger == "panic"


def test_a_request_makes_the_next_fix_a_report_once() -> None:
    track, clock = Track(BOOT, make_pace(10.0)), ManualClock()
    track.fix(fix(clock), 0.0, panic=False)
    track.request()
    report = track.fix(fix(clock), 1.0, panic=False)
    assert report is not None
    assert report.trigger == "request"
    assert track.fix(fix(clock), 2.0, panic=False) is None


def test_a_press_takes_the_newest_fix_unless_it_is_a_report_already() -> None:
    track, clock = Track(BOOT, make_pace(10.0)), ManualClock()
    assert track.press() is None
    track.fix(fix(clock), 0.0, panic=False)
    assert track.press() is None
    track.fix(fix(clock, lat=25.00001), 1.0, panic=False)
    report = track.press()
    assert report is not None
    assert (report.lat, report.trigger, report.seq) == (25.00001, "panic", 1)
    assert track.press() is None
    assert track.place == report


def test_the_place_of_an_earlier_run_is_known_until_there_is_a_better_one() -> None:
    track = Track(BOOT, make_pace(10.0), last_place=location(7))
    assert track.place == location(7)
    assert track.fix_age_s(5.0) is None
    track.fix(fix(ManualClock()), 1.0, panic=False)
    assert track.place != location(7)
    assert track.fix_age_s(5.0) == 4.0


def test_a_fix_without_a_time_is_no_report() -> None:
    track = Track(BOOT, make_pace(0.0))
    untimed = fix(ManualClock())
    assert track.fix(replace(untimed, time=None, clock=None), 0.0, panic=True) is None
    assert track.fix_age_s(0.0) is None


@pytest.mark.parametrize(("age", "fresh"), [(0.0, True), (2.0, True), (2.1, False)])
def test_a_fix_is_fresh_for_two_seconds(*, age: float, fresh: bool) -> None:
    track = Track(BOOT, make_pace(10.0))
    track.fix(fix(ManualClock()), 100.0, panic=False)
    assert track.fresh(100.0 + age) is fresh


def test_an_ordered_interval_holds_for_its_time_and_begins_at_once() -> None:
    pace = make_pace(100.0)
    track = Track(BOOT, pace)
    reported(track, [0.0])
    pace.order(1.0, until=5.0)
    assert reported(track, [1.0, 1.5, 2.0, 3.0, 4.0]) == [1.0, 2.0, 3.0, 4.0]
    assert reported(track, [5.0, 6.0, 103.9, 104.0]) == [104.0]


def test_at_rest_reports_come_more_rarely_and_a_start_is_one_at_once() -> None:
    track, clock = Track(BOOT, make_pace(10.0, rest_s=60.0)), ManualClock()

    def hear(at: float, lat: float, speed: float) -> Location | None:
        return track.fix(replace(fix(clock, lat=lat), speed=speed, accuracy=5.0), at, panic=False)

    resting = {at: report for at in range(200) if (report := hear(at, 25.0, 0.1)) is not None}
    assert [at for at in resting if at <= 60] == [0, 10, 20, 30, 40, 50, 60]
    assert resting[60].trigger == "stop"
    assert [at for at in resting if at > 60] == [120, 180], "every 60 s at rest"
    starting = [hear(200 + at, 25.0 + at * 1e-5, 1.2) for at in range(4)]
    assert [each.trigger for each in starting if each is not None] == ["start"]
    assert hear(212, 25.0001, 1.2) is not None, "every 10 s again"


def test_a_jump_is_reported_at_once_and_marked() -> None:
    track, clock = Track(BOOT, make_pace(60.0)), ManualClock()
    track.fix(replace(fix(clock), speed=1.0), 0.0, panic=False)
    report = track.fix(replace(fix(clock, lat=25.1), speed=1.0), 1.0, panic=False)
    assert report is not None
    assert (report.jump, report.trigger, report.lat) == (True, "distance", 25.1)


def test_an_empty_battery_ends_routine_reports_but_neither_panics_nor_requests() -> None:
    pace = make_pace(10.0)
    track, clock = Track(BOOT, pace), ManualClock()
    reported(track, [0.0])
    pace.battery, track.battery = "empty", 4
    assert track.interval_s(1.0) is None
    assert reported(track, [float(at) for at in range(1, 100)]) == []
    track.request("low_battery")
    last_word = track.fix(fix(clock), 100.0, panic=False)
    assert last_word is not None
    assert (last_word.trigger, last_word.battery) == ("low_battery", 4)
    assert reported(track, [101.0]) == []
    assert reported(track, [102.0], panic=True) == [102.0]
    pace.battery = "good"
    assert reported(track, [103.0, 112.0]) == [112.0]
