"""Times of day get their date: from the receiver, carried over midnight, or from the host."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_agent.nmea.dates import DAY_MS, FLOOR_MS, ROLLOVER_MS, Calendar, Dated, Instant
from device_agent.nmea.fields import Tod

NOWHEN = Instant(0.0)
DAY = dt.date(2026, 7, 1)


def ms(text: str) -> int:
    return round(dt.datetime.fromisoformat(text + "+00:00").timestamp() * 1000)


def tod(text: str) -> Tod:
    seconds = int(text[:2]) * 3600 + int(text[2:4]) * 60 + float(text[4:])
    return Tod(text, round(seconds * 1000))


NOON = ms("2026-07-01T12:00:00")


def test_the_receivers_own_date_counts() -> None:
    settled = Calendar().settle(tod("235959.50"), DAY, Instant(0.0, NOON + 400 * DAY_MS))
    assert settled == Dated(ms("2026-07-01T23:59:59.500"), "gps")


def test_nobody_knows_the_day() -> None:
    assert Calendar(floor_ms=None).settle(tod("120000"), None, NOWHEN) is None


def test_the_hosts_day_counts_while_the_receiver_gives_none() -> None:
    calendar = Calendar()
    assert calendar.settle(tod("120001"), None, Instant(0.0, NOON)) == Dated(NOON + 1000, "host")
    assert calendar.settle(tod("120002"), DAY, Instant(1.0, NOON)) == Dated(NOON + 2000, "gps")
    assert calendar.settle(tod("120003"), None, Instant(2.0, 0)) == Dated(NOON + 3000, "gps")


def test_host_and_receiver_may_stand_on_different_sides_of_midnight() -> None:
    before, after = ms("2026-07-01T23:59:59"), ms("2026-07-02T00:00:01")
    late = Calendar().settle(tod("235958"), None, Instant(0.0, after))
    early = Calendar().settle(tod("000002"), None, Instant(0.0, before))
    assert late == Dated(ms("2026-07-01T23:59:58"), "host")
    assert early == Dated(ms("2026-07-02T00:00:02"), "host")


def test_a_host_clock_before_the_floor_is_not_believed() -> None:
    assert Calendar().settle(tod("120000"), None, Instant(0.0, FLOOR_MS - 1)) is None
    assert Calendar().settle(tod("120000"), None, Instant(0.0, FLOOR_MS)) is not None
    assert Calendar().settle(tod("120000"), None, Instant(0.0, 0)) is None


def test_the_date_is_carried_over_midnight() -> None:
    calendar = Calendar(floor_ms=None)
    calendar.settle(tod("235959"), DAY, NOWHEN)
    assert calendar.settle(tod("000000"), None, NOWHEN) == Dated(ms("2026-07-02T00:00:00"), "gps")
    assert calendar.settle(tod("000001"), None, NOWHEN) == Dated(ms("2026-07-02T00:00:01"), "gps")


def test_a_step_back_is_no_midnight() -> None:
    calendar = Calendar(floor_ms=None)
    calendar.settle(tod("152508.50"), DAY, NOWHEN)
    settled = calendar.settle(tod("143306.00"), None, NOWHEN)
    assert settled == Dated(ms("2026-07-01T14:33:06"), "gps")
    calendar.settle(tod("000000.10"), DAY, NOWHEN)
    settled = calendar.settle(tod("235959.90"), None, NOWHEN)
    assert settled == Dated(ms("2026-06-30T23:59:59.900"), "gps")


def test_days_without_a_date_are_counted_by_the_monotonic_clock() -> None:
    calendar = Calendar()
    calendar.settle(tod("120000"), DAY, Instant(100.0, NOON))
    settled = calendar.settle(tod("180000"), None, Instant(100.0 + 2.25 * 86_400, NOON))
    assert settled == Dated(ms("2026-07-03T18:00:00"), "gps")


def test_a_leap_second_is_the_next_days_first() -> None:
    calendar = Calendar(floor_ms=None)
    leap = calendar.settle(Tod("235960", DAY_MS), dt.date(2016, 12, 31), NOWHEN)
    assert leap == Dated(ms("2017-01-01T00:00:00"), "gps")
    after = calendar.settle(tod("000001"), None, NOWHEN)
    assert after == Dated(ms("2017-01-01T00:00:01"), "gps")


def test_a_recordings_date_counts_until_the_receiver_gives_one() -> None:
    calendar = Calendar(floor_ms=None, reference=DAY)
    assert calendar.settle(tod("235959"), None, NOWHEN) == Dated(ms("2026-07-01T23:59:59"), "host")
    assert calendar.settle(tod("000001"), None, NOWHEN) == Dated(ms("2026-07-02T00:00:01"), "host")
    said = calendar.settle(tod("000002"), dt.date(2026, 7, 2), NOWHEN)
    assert said == Dated(ms("2026-07-02T00:00:02"), "gps")


ROLLED = dt.date(2026, 7, 1) - dt.timedelta(weeks=1024)


def test_a_rollover_is_repaired_to_the_hosts_clock() -> None:
    settled = Calendar().settle(tod("120000"), ROLLED, Instant(0.0, NOON + 3 * DAY_MS))
    assert settled == Dated(NOON, "gps", NOON - ROLLOVER_MS)


def test_a_rollover_is_repaired_to_the_floor_when_the_host_knows_nothing() -> None:
    for wall_ms in (None, 0):
        settled = Calendar().settle(tod("120000"), ROLLED, Instant(0.0, wall_ms))
        assert settled == Dated(NOON, "gps", NOON - ROLLOVER_MS)


def test_two_rollovers_are_repaired_too() -> None:
    said = DAY - dt.timedelta(weeks=2048)
    settled = Calendar().settle(tod("120000"), said, Instant(0.0, NOON))
    assert settled == Dated(NOON, "gps", NOON - 2 * ROLLOVER_MS)


def test_a_receiver_that_adds_a_rollover_too_many_is_repaired_by_the_host() -> None:
    said = DAY + dt.timedelta(weeks=1024)
    settled = Calendar().settle(tod("120000"), said, Instant(0.0, NOON))
    assert settled == Dated(NOON, "gps", NOON + ROLLOVER_MS)


def test_after_the_repair_the_date_is_carried_like_any_other() -> None:
    calendar = Calendar()
    calendar.settle(tod("235959"), ROLLED, Instant(0.0, NOON))
    settled = calendar.settle(tod("000000"), None, Instant(1.0, NOON))
    midnight = ms("2026-07-02T00:00:00")
    assert settled == Dated(midnight, "gps", midnight - ROLLOVER_MS)


@pytest.mark.parametrize("years", [2, 9, 17, 23])
def test_a_recording_that_is_merely_older_than_its_date_is_left_alone(years: int) -> None:
    calendar = Calendar(floor_ms=None, reference=DAY.replace(year=DAY.year - years))
    assert calendar.settle(tod("120000"), DAY, NOWHEN) == Dated(NOON, "gps")


def test_a_recordings_rollover_is_repaired_to_its_date() -> None:
    calendar = Calendar(floor_ms=None, reference=DAY + dt.timedelta(days=90))
    assert calendar.settle(tod("120000"), ROLLED, NOWHEN) == Dated(NOON, "gps", NOON - ROLLOVER_MS)


def test_without_floor_and_date_an_old_recording_is_taken_as_it_is() -> None:
    settled = Calendar(floor_ms=None).settle(tod("120000"), ROLLED, NOWHEN)
    assert settled == Dated(NOON - ROLLOVER_MS, "gps")


@given(
    st.lists(st.tuples(st.integers(0, DAY_MS), st.booleans()), min_size=1, max_size=20),
    st.one_of(st.none(), st.integers(0, 2**42)),
)
def test_the_time_of_day_is_always_kept(steps: list[tuple[int, bool]], wall_ms: int | None) -> None:
    calendar = Calendar()
    for number, (tod_ms, dated) in enumerate(steps):
        now = Instant(float(number), wall_ms)
        settled = calendar.settle(Tod("", tod_ms), DAY if dated else None, now)
        if settled is not None:
            assert (settled.time - tod_ms) % DAY_MS == 0
            assert settled.time >= FLOOR_MS - DAY_MS
            assert (settled.time_raw is None) or (
                settled.time - settled.time_raw
            ) % ROLLOVER_MS == 0


@given(st.integers(1, 3_000), st.integers(0, DAY_MS - 1), st.integers(1, 40_000))
def test_undated_epochs_follow_each_other_over_any_midnight(
    count: int, start_ms: int, step_ms: int
) -> None:
    calendar = Calendar(floor_ms=None)
    first = calendar.settle(Tod("", start_ms), DAY, NOWHEN)
    assert first is not None
    for number in range(1, min(count, 50)):
        tod_ms = (start_ms + number * step_ms) % DAY_MS
        settled = calendar.settle(Tod("", tod_ms), None, NOWHEN)
        assert settled == Dated(first.time + number * step_ms, "gps")
