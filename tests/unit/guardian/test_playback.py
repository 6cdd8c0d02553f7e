"""A played recording looks like a receiver that is here now and never jumps."""

import datetime as dt
from itertools import pairwise
from math import cos, hypot, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_agent.fix import Fix
from device_agent.nmea.dates import Instant
from device_agent.nmea.reader import NmeaReader
from guardian.demo.playback import RECORDINGS, Recording, epoch_at, read_recording, recorded

NOW_MS = 1_782_950_397_250  # 2026-07-01 23:59:57.250
FASTEST_MS = {"walk": 3.0, "rest": 0.5, "car": 6.0}
"""m between two seconds; the walk's receiver skips one now and then."""


def play(recording: Recording, seconds: int, **options: int) -> list[Fix]:
    """Feed each second's bytes to the tracker's reader."""
    reader, fixes = NmeaReader(), []
    for second in range(seconds):
        now_ms = NOW_MS + second * 1000
        at = Instant(float(second), now_ms)
        epochs = reader.feed(epoch_at(recording, now_ms, **options), at)
        epochs += reader.tick(Instant(second + 0.5, now_ms + 500))
        assert len(epochs) == 1
        (epoch,) = epochs
        assert epoch.fix is not None
        fixes.append(epoch.fix)
    assert not reader.rejects
    return fixes


def metres(a: Fix, b: Fix) -> float:
    east = (b.lon - a.lon) * cos(radians(a.lat))
    return hypot(b.lat - a.lat, east) * 111_195


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_second_is_one_fix_of_that_second(name: str) -> None:
    """Also over midnight, which comes in the third second."""
    fixes = play(recorded(name), 130)
    assert [fix.time for fix in fixes] == [NOW_MS // 1000 * 1000 + 1000 * s for s in range(130)]
    assert {(fix.clock, fix.fix) for fix in fixes} == {("gps", "gps")}


@pytest.mark.parametrize("name", RECORDINGS)
def test_the_track_never_jumps_and_lies_in_taipei(name: str) -> None:
    fixes = play(recorded(name), 150)
    steps = [metres(a, b) for a, b in pairwise(fixes)]
    assert max(steps) < FASTEST_MS[name]
    for fix in fixes:
        assert 24.96 < fix.lat < 25.21
        assert 121.45 < fix.lon < 121.67
        assert 0 <= (fix.alt or 0.0) < 50


def test_a_walk_and_a_car_get_somewhere() -> None:
    walk, car = play(recorded("walk"), 40), play(recorded("car"), 8)
    assert max(metres(walk[0], fix) for fix in walk) > 8
    assert max(fix.speed or 0 for fix in car) > 4


def test_on_the_way_back_the_course_is_turned() -> None:
    car = recorded("car")
    count = len(car.epochs)
    start = -(NOW_MS // 1000) % (2 * (count - 1))
    fixes = play(car, 2 * count - 1, offset=start)
    out, back = fixes[:count], fixes[count - 1 :][::-1]
    for there, again in zip(out[1:-1], back[1:-1], strict=True):
        assert (there.lat, there.lon, there.speed) == (again.lat, again.lon, again.speed)
        assert ((there.course or 0) - (again.course or 0)) % 360 == pytest.approx(180)


def test_two_trackers_with_different_offsets_are_apart() -> None:
    walk = recorded("walk")
    assert epoch_at(walk, NOW_MS, offset=0) != epoch_at(walk, NOW_MS, offset=9)
    assert epoch_at(walk, NOW_MS, offset=9) == epoch_at(walk, NOW_MS, offset=9)


def test_the_same_second_gives_the_same_bytes_after_a_restart() -> None:
    assert epoch_at(recorded("car"), NOW_MS) == epoch_at(recorded("car"), NOW_MS + 700)


def test_all_kinds_with_a_time_get_the_new_one() -> None:
    recording = read_recording(
        b"$GPZDA,175503.00,11,12,2006,00,00*64\r\n"
        b"$GPGLL,2638.1727,N,08011.3892,W,175503.00,A,A*7A\r\n"
        b"$GPGSV,1,1,00*79\r\n"
    )
    assert epoch_at(recording, NOW_MS) == (
        b"$GPZDA,235957.00,01,07,2026,00,00*69\r\n"
        b"$GPGLL,2638.1727,N,08011.3892,W,235957.00,A,A*70\r\n"
        b"$GPGSV,1,1,00*79\r\n"
    )


def test_a_recording_is_cut_where_the_time_changes() -> None:
    assert len(recorded("car").epochs) == 5
    assert all(len(epoch) == 7 for epoch in recorded("car").epochs)
    with pytest.raises(ValueError, match="no NMEA sentence"):
        read_recording(b"# nothing here\r\n$GPRMC,1*00\r\n")


@given(st.integers(0, 2**41), st.integers(0, 1000))
def test_neighbouring_seconds_are_neighbouring_epochs(now_ms: int, offset: int) -> None:
    """Every recording with a place in it; single epochs too."""
    for count in (1, 2, 5):
        stamps = [b"$GPGGA,12000%d.00,%04d.0,N" % (i, i) for i in range(count)]
        recording = Recording(tuple((stamp,) for stamp in stamps))
        places = [
            int(epoch_at(recording, now_ms + step * 1000, offset=offset).split(b",")[2][:4])
            for step in range(2 * count + 1)
        ]
        moves = {abs(b - a) for a, b in pairwise(places)}
        assert moves == ({0} if count == 1 else {1})
        stamp = epoch_at(recording, now_ms).split(b",")[1].decode()
        assert stamp == dt.datetime.fromtimestamp(now_ms // 1000, dt.UTC).strftime("%H%M%S.00")
