from math import cos, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.distance import EARTH_M, distance_m
from device_agent.fix import Fix
from device_agent.motion import Motion, Step, is_jump

METRE = 360 / (2 * 3.141592653589793 * EARTH_M)
"""Degrees of latitude."""


def at(
    north_m: float = 0.0,
    east_m: float = 0.0,
    *,
    speed: float | None = None,
    course: float | None = None,
    accuracy: float | None = 5.0,
    time: int | None = None,
) -> Fix:
    lat = 25.0 + north_m * METRE
    lon = 121.5 + east_m * METRE / cos(radians(lat))
    return Fix(
        lat=lat, lon=lon, tod="120000", fix="gps", speed=speed, course=course,
        accuracy=accuracy, time=time,
    )  # fmt: skip


def events(motion: Motion, fixes: list[Fix], *, start: float = 0.0) -> list[tuple[float, str]]:
    """Feed one fix a second; return what they said."""
    found: list[tuple[float, str]] = []
    for second, fix in enumerate(fixes):
        step = motion.take(fix, start + second)
        if step.event is not None:
            found.append((start + second, step.event))
    return found


def test_a_minute_in_one_place_is_a_stop_and_said_once() -> None:
    motion = Motion()
    assert events(motion, [at(speed=0.2)] * 200) == [(60.0, "stop")]
    assert not motion.moving


def test_a_receiver_without_speed_stops_by_its_position_alone() -> None:
    assert events(Motion(), [at()] * 100) == [(60.0, "stop")]


def test_a_wandering_position_at_rest_is_no_start() -> None:
    motion = Motion()
    events(motion, [at(speed=0.0)] * 70)
    wander = [at(30 * sin(n / 9), 20 * sin(n / 7), speed=0.6) for n in range(300)]
    assert events(motion, wander, start=70) == []


def test_a_traffic_light_is_no_stop() -> None:
    drive = [at(10.0 * n, speed=10.0) for n in range(20)]
    wait = [at(190.0, speed=0.0)] * 50
    assert (
        events(Motion(), [*drive, *wait, *(at(190 + 10 * n, speed=10.0) for n in range(9))]) == []
    )


def test_a_start_needs_three_fixes_at_a_walk() -> None:
    motion = Motion()
    events(motion, [at(speed=0.0)] * 70)
    noise = [at(speed=1.5), at(speed=0.1), at(speed=1.5), at(speed=0.1)]
    assert events(motion, noise, start=70) == []
    walk = [at(1.2 * n, speed=1.2) for n in range(1, 6)]
    assert events(motion, walk, start=74) == [(76.0, "start")]
    assert motion.moving


def test_being_carried_away_slowly_is_a_start_too() -> None:
    """A receiver without speed, or one that crawls: the distance from the resting place counts."""
    motion = Motion()
    events(motion, [at()] * 70)
    crawl = [at(0.5 * n) for n in range(1, 150)]
    ((when, event),) = [each for each in events(motion, crawl, start=70) if each[1] == "start"]
    assert event == "start"
    assert when == pytest.approx(70 + 100, abs=2), "50 m at 0.5 m/s"


def test_a_street_corner_is_a_turn_and_a_bend_is_none() -> None:
    motion = Motion()
    motion.take(at(speed=10.0, course=350.0), 0.0)
    motion.report(at(speed=10.0, course=350.0))
    assert motion.take(at(10, speed=10.0, course=10.0), 1.0) == Step()
    assert motion.take(at(20, speed=10.0, course=25.0), 2.0) == Step(), "25 m are not reached"
    assert motion.take(at(30, speed=10.0, course=25.0), 3.0) == Step("turn")
    motion.report(at(30, speed=10.0, course=25.0))
    assert motion.take(at(60, speed=10.0, course=27.0), 6.0) == Step()


def test_somebody_who_turns_on_the_spot_makes_no_turn() -> None:
    motion = Motion()
    motion.report(at(speed=0.5, course=0.0))
    assert motion.take(at(60, speed=0.5, course=180.0), 60.0) == Step()


def test_nobody_walks_a_kilometre_in_a_second() -> None:
    motion = Motion()
    motion.take(at(speed=1.4), 0.0)
    assert motion.take(at(1000, speed=1.4), 1.0) == Step("distance", jump=True)
    assert motion.take(at(1001, speed=1.4), 2.0) == Step(), "from there on it goes on"


@pytest.mark.parametrize(
    ("metres", "seconds", "speeds", "accuracy", "jump"),
    [
        (90, 1, (83, 83), 5.0, False),  # a fast train
        (40, 1, (1, 1), 30.0, False),  # two bad fixes
        (40, 1, (1, 1), 5.0, True),
        (5000, 60, (0, 0), 5.0, False),  # hidden in a tunnel: a car can have made it
        (30_000, 60, (0, 0), 5.0, True),  # 500 m/s
        (180, 1, (None, None), 5.0, True),  # faster than a train, by a receiver without speed
        (100, 1, (None, None), None, False),
        (60, -5, (10, 10), 5.0, True),  # a step back in time allows nothing but the accuracy
    ],
)
def test_what_nobody_can_have_done_is_a_jump(
    *,
    metres: float,
    seconds: float,
    speeds: tuple[float | None, float | None],
    accuracy: float | None,
    jump: bool,
) -> None:
    before = at(speed=speeds[0], accuracy=accuracy)
    after = at(metres, speed=speeds[1], accuracy=accuracy)
    assert is_jump(before, after, seconds) is jump


def test_a_fix_that_was_heard_late_is_no_jump() -> None:
    """The port hung for ten seconds: the receiver's own times say how long the way took."""
    motion = Motion()
    motion.take(at(speed=20.0, time=1_000_000), 0.0)
    assert motion.take(at(600, speed=20.0, time=1_030_000), 0.1) == Step()


@given(
    st.floats(-89, 89), st.floats(-180, 180), st.floats(-89, 89), st.floats(-180, 180)
)  # fmt: skip
def test_a_distance_is_the_same_both_ways_and_at_most_half_the_earth(
    lat1: float, lon1: float, lat2: float, lon2: float
) -> None:
    a = Fix(lat=lat1, lon=lon1, tod="120000", fix="gps")
    b = Fix(lat=lat2, lon=lon2, tod="120000", fix="gps")
    assert distance_m(a, b) == pytest.approx(distance_m(b, a))
    assert 0 <= distance_m(a, b) <= 3.1415927 * EARTH_M


def test_a_degree_of_latitude_is_111_kilometres() -> None:
    a = Fix(lat=0.0, lon=0.0, tod="120000", fix="gps")
    assert distance_m(a, Fix(lat=1.0, lon=0.0, tod="120000", fix="gps")) == pytest.approx(
        111_195, rel=1e-4
    )
    assert distance_m(a, Fix(lat=0.0, lon=359.0, tod="120000", fix="gps")) == pytest.approx(
        111_195, rel=1e-4
    ), "across the date line"
