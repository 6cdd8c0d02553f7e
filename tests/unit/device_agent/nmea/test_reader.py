"""Bytes in, epochs out: the whole reader, with time as an argument."""

import tracemalloc
from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_agent.nmea.dates import FLOOR_MS, ROLLOVER_MS, Instant
from device_agent.nmea.epoch import QUIET_S
from device_agent.nmea.reader import SILENCE_S, Epoch, NmeaReader

Line = Callable[[str], bytes]

WALL_MS = 1_782_907_200_000  # 2026-07-01 12:00:00
START = Instant(100.0, WALL_MS)
RECORDED = Instant(0.0)


def later(seconds: float) -> Instant:
    return Instant(START.monotonic + seconds, WALL_MS + round(seconds * 1000))


def rmc(second: int, *, status: str = "A", date: str = "010726", mode: str = "A") -> str:
    place = "2502.0340,N,12133.8700,E" if status == "A" else ",,,"
    return f"GNRMC,1200{second:02}.00,{status},{place},1.94,90.0,{date},,,{mode}"


def gga(second: int, *, quality: int = 1) -> str:
    place = "2502.0340,N,12133.8700,E" if quality else ",,,"
    return f"GNGGA,1200{second:02}.00,{place},{quality},09,0.8,9.5,M,15.0,M,,"


def read_all(data: bytes, *, reader: NmeaReader | None = None) -> list[Epoch]:
    reader = reader or NmeaReader(floor_ms=None)
    return [*reader.feed(data, RECORDED), *reader.end(RECORDED)]


def fixed_at(epochs: Iterable[Epoch]) -> list[int | None]:
    return [epoch.fix.time for epoch in epochs if epoch.fix is not None]


def state_of(reader: NmeaReader) -> str:
    return reader.state


def test_a_second_of_a_receiver_is_one_fix_when_it_falls_quiet(line: Line) -> None:
    reader = NmeaReader()
    assert reader.feed(line(rmc(0)) + line(gga(0)), START) == []
    assert reader.tick(later(QUIET_S / 2)) == []
    (epoch,) = reader.tick(later(QUIET_S))
    assert (epoch.state, epoch.tod) == ("fix", "120000.00")
    fix = epoch.fix
    assert fix is not None
    assert (fix.time, fix.clock, fix.lat, fix.lon) == (WALL_MS, "gps", 25.0339, 121.5645)
    assert (fix.alt, fix.speed, fix.course, fix.hdop) == (9.5, 0.998, 90.0, 0.8)
    assert (fix.accuracy, fix.satellites, fix.fix) == (8.0, 9, "gps")
    assert reader.tick(later(1.0)) == []


def test_the_next_bytes_end_an_epoch_even_if_nobody_ticks(line: Line) -> None:
    reader = NmeaReader()
    reader.feed(line(rmc(0)), START)
    assert fixed_at(reader.feed(b"$GN", later(1.0))) == [WALL_MS]


def test_after_some_cycles_a_fix_is_out_with_its_last_byte(line: Line) -> None:
    reader = NmeaReader()
    for second in range(4):
        reader.feed(line(rmc(second)) + line(gga(second)), later(second))
        reader.tick(later(second + 0.5))
    assert fixed_at(reader.feed(line(rmc(4)), later(4.0))) == []
    assert fixed_at(reader.feed(line(gga(4)), later(4.05))) == [WALL_MS + 4000]


def test_no_fix_is_an_epoch_and_prints_no_position(line: Line) -> None:
    reader = NmeaReader()
    reader.feed(line(rmc(0, status="V", mode="N")) + line(gga(0, quality=0)), START)
    assert reader.tick(later(0.5)) == [Epoch(state="no_fix", tod="120000.00")]


def test_the_state_follows_what_comes_and_what_does_not(line: Line) -> None:
    reader = NmeaReader()
    assert state_of(reader) == "no_data"
    assert reader.tick(START) == []
    reader.feed(line(gga(0, quality=0)), later(1))
    reader.tick(later(2))
    assert state_of(reader) == "no_fix"
    reader.feed(line(gga(1)), later(3))
    reader.tick(later(4))
    assert state_of(reader) == "fix"
    assert reader.tick(later(3 + SILENCE_S)) == [Epoch(state="no_data")]
    assert reader.tick(later(4 + SILENCE_S)) == []
    assert state_of(reader) == "no_data"


def test_a_receiver_that_speaks_of_other_things_only_has_no_fix(line: Line) -> None:
    reader = NmeaReader()
    reader.feed(line(gga(0)), START)
    changes = []
    for second in range(1, 30):
        changes += reader.feed(line("GPTXT,01,01,02,antenna open"), later(second))
    assert [epoch.state for epoch in changes] == ["fix", "no_fix"]


def test_a_receiver_that_never_tells_a_fix_is_there_nevertheless(line: Line) -> None:
    """Its cable is sound: no_data would send somebody to look at it."""
    reader = NmeaReader()
    changes = []
    for second in range(30):
        changes += reader.feed(line("GPTXT,01,01,02,antenna open"), later(second))
    changes += reader.tick(later(30 + SILENCE_S))
    changes += reader.feed(line("GPTXT,01,01,02,antenna open"), later(90))
    changes += reader.tick(later(90.5))
    assert [epoch.state for epoch in changes] == ["no_fix", "no_data"]


def test_noise_alone_is_no_data() -> None:
    reader = NmeaReader()
    for second in range(30):
        assert reader.feed(b"\xb5\x62\x01\x07 $GP", later(second)) == []
    assert reader.state == "no_data"


def test_midnight_between_gga_and_rmc(line: Line) -> None:
    gga_at, rmc_at = gga(0), rmc(0)
    stream = b"".join(
        line(body.replace("1200", clock).replace("010726", date))
        for clock, date in (("2359", "310726"), ("0000", "010826"))
        for body in (gga_at, rmc_at)
    )
    times = fixed_at(read_all(stream))
    assert len(times) == 2
    assert (times[1] or 0) - (times[0] or 0) == 60_000


def test_gga_alone_crosses_midnight_on_the_last_date(line: Line) -> None:
    """The epoch before had an RMC; the one after midnight lost its own."""
    before = line(gga(59).replace("1200", "2359")) + line(rmc(59).replace("1200", "2359"))
    after = line(gga(0).replace("1200", "0000"))
    assert fixed_at(read_all(before + after)) == [
        WALL_MS + 12 * 3_600_000 - 1000,
        WALL_MS + 12 * 3_600_000,
    ]


def test_zda_beats_a_two_digit_year_in_any_order(line: Line) -> None:
    zda, wrong = line("GNZDA,120000.00,01,07,2026,00,00"), line(rmc(0, date="010706"))
    for stream in (zda + wrong, wrong + zda):
        assert fixed_at(read_all(stream)) == [WALL_MS]


def test_a_date_without_a_fix_is_the_factorys(line: Line) -> None:
    stream = (
        line("GNZDA,115959.00,01,01,2008,00,00")
        + line(rmc(0, status="V", date="010108"))
        + line("GNZDA,120000.00,01,01,2008,00,00")
        + line(gga(1))
    )
    (fix,) = [epoch.fix for epoch in read_all(stream) if epoch.fix]
    assert (fix.time, fix.clock) == (None, None)


def test_a_zda_of_its_own_dates_what_follows_a_fix(line: Line) -> None:
    reader = NmeaReader(floor_ms=None)
    stream = line(gga(0)) + line("GNZDA,120001.00,01,07,2026,00,00") + line(gga(2))
    assert fixed_at(read_all(stream, reader=reader)) == [None, WALL_MS + 2000]


def test_the_hosts_date_is_marked_and_a_wrong_host_gives_none(line: Line) -> None:
    for wall_ms, time, clock in ((WALL_MS, WALL_MS, "host"), (0, None, None), (None, None, None)):
        reader = NmeaReader()
        reader.feed(line(gga(0)), Instant(1.0, wall_ms))
        (epoch,) = reader.tick(Instant(2.0, wall_ms))
        assert epoch.fix is not None
        assert (epoch.fix.time, epoch.fix.clock) == (time, clock)


def test_time_that_stands_still_is_no_fix_any_more(line: Line) -> None:
    """SiRF receivers under a roof repeat their last second, position and all."""
    reader, epochs = NmeaReader(), []
    for second in range(6):
        epochs += reader.feed(line(rmc(0)) + line(gga(0)), later(second))
        epochs += reader.tick(later(second + 0.5))
    assert fixed_at(epochs) == [WALL_MS]
    assert {epoch.state for epoch in epochs[1:]} == {"no_fix"}


def test_a_rollover_is_repaired_and_what_was_sent_is_kept(line: Line) -> None:
    reader = NmeaReader(floor_ms=FLOOR_MS)
    reader.feed(line(rmc(0, date="151106")), Instant(1.0, 0))
    (epoch,) = reader.tick(Instant(2.0, 0))
    assert epoch.fix is not None
    assert (epoch.fix.time, epoch.fix.time_raw) == (WALL_MS, WALL_MS - ROLLOVER_MS)


@pytest.mark.parametrize(("quality", "kind"), [(6, "estimated"), (7, "manual"), (8, "simulated")])
def test_a_made_up_position_is_marked(line: Line, quality: int, kind: str) -> None:
    (epoch,) = read_all(line(gga(0, quality=quality)) + line(rmc(0)))
    assert epoch.fix is not None
    assert (epoch.fix.fix, epoch.fix.accuracy) == (kind, None)


def test_ten_hertz_with_a_leap_second(line: Line) -> None:
    tods = [f"{base}.{tenth}" for base in ("235959", "235960", "000000") for tenth in range(10)]
    stream = b"".join(
        line(
            f"GPRMC,{tod},A,2502.0340,N,12133.8700,E,0,0,{'010117' if tod < '1' else '311216'},,,A"
        )
        for tod in tods
    )
    assert [epoch.tod for epoch in read_all(stream)] == tods


def test_losses_are_counted_by_reason(line: Line) -> None:
    reader = NmeaReader(floor_ms=None)
    read_all(
        line(rmc(0)).replace(b"2502", b"2503")
        + b"$GNGGA,1200\r\n"
        + line(rmc(1).replace("2502.0340", "9502.0340"))
        + line(gga(2)),
        reader=reader,
    )
    assert reader.rejects == {"bad_checksum": 1, "no_checksum": 1, "position": 1}
    assert reader.sentences == 2


def test_what_comes_too_late_is_counted(line: Line) -> None:
    reader = NmeaReader()
    reader.feed(line(rmc(0)), START)
    reader.tick(later(QUIET_S))
    reader.feed(line(gga(0)), later(0.5))
    assert reader.rejects == {"late": 1}


PIECES = st.one_of(
    st.integers(0, 5).map(rmc),
    st.integers(0, 5).map(gga),
    st.sampled_from(
        [
            rmc(1, status="V"),
            gga(2, quality=0),
            "GNGSA,A,1,,,,,,,,,,,,,99.99,99.99,99.99",
            "GNGSA,A,3,1,,,,,,,,,,,,1.0,1.0,1.0",
            "GNVTG,90,T,,M,1.9,N,3.6,K,A",
            "GNZDA,120003.00,01,07,2026,00,00",
            "GNGST,120003.00,1,1,1,1,2.0,2.0,2.0",
            "GNGLL,,,,,,V,N",
        ]
    ),
)


@given(st.lists(PIECES, max_size=30), st.lists(st.integers(0, 3000), max_size=20))
def test_any_chunking_gives_the_same_epochs(line: Line, bodies: list[str], cuts: list[int]) -> None:
    stream = b"".join(map(line, bodies))
    bounds = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    reader, epochs = NmeaReader(floor_ms=None), []
    for start, stop in pairwise(bounds):
        epochs += reader.feed(stream[start:stop], RECORDED)
    assert [*epochs, *reader.end(RECORDED)] == read_all(stream)


@given(
    st.lists(
        st.tuples(
            st.one_of(st.binary(max_size=60), PIECES), st.floats(-5, 5), st.integers(0, 2**45)
        ),
        max_size=20,
    )
)
def test_any_bytes_at_any_time_never_raise(
    line: Line, steps: list[tuple[bytes | str, float, int]]
) -> None:
    """Not even with clocks that run backwards."""
    reader, at = NmeaReader(), 50.0
    for piece, step, wall_ms in steps:
        at += step
        data = line(piece) if isinstance(piece, str) else piece
        for epoch in reader.feed(data, Instant(at, wall_ms)):
            assert epoch.fix is None or (epoch.state == "fix" and abs(epoch.fix.lat) <= 90)
    reader.end(Instant(at, 0))


def test_memory_stays_flat(line: Line) -> None:
    reader = NmeaReader()
    cycle = b"".join(line(body) for body in (rmc(1), gga(1), "GNGSA,A,3", "GNVTG,1,T"))
    noise = cycle + bytes(range(256)) + b"$" * 40
    for _ in range(50):
        reader.feed(noise, START)
    tracemalloc.start()
    for _ in range(500):
        reader.feed(noise, START)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 20_000
