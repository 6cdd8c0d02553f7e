"""Made-up receivers of many makers: every epoch once, and a fix where all of it says so.

Each was also played to gpsd 3.22; where it says otherwise, docs/nmea.md tells why.
"""

from collections.abc import Callable, Iterable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_agent.nmea.dates import Instant
from device_agent.nmea.reader import Epoch, NmeaReader

Line = Callable[[str], bytes]
Cycle = Callable[[int, int], list[str]]

NOON_MS = 12 * 3_600_000
DAY_MS = 86_400_000
WALL_MS = 1_782_907_200_000  # 2026-07-01 12:00:00
GSV = "GPGSV,1,1,04,05,12,044,38,13,15,055,38,15,18,066,38,18,21,077,38"
VTG = "GNVTG,90.0,T,,M,1.94,N,3.59,K,A"


def tod(at: int, digits: int = 2) -> str:
    seconds, ms = divmod(at % DAY_MS, 1000)
    clock = f"{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}"
    return clock + (f".{ms:03d}"[: digits + 1] if digits else "")


def spot(n: int) -> str:
    return f"2502.{1000 + n:04d},N,12133.{5000 + n:04d},E"


def rmc(at: int, n: int, talker: str = "GN", *, mode: str = "A", digits: int = 2) -> str:
    status, place = ("V", ",,,") if mode == "N" else ("A", spot(n))
    date = "010726" if at < DAY_MS else "020726"
    return f"{talker}RMC,{tod(at, digits)},{status},{place},1.94,90.0,{date},,,{mode}"


def gga(at: int, n: int, talker: str = "GN", *, quality: int = 1, digits: int = 2) -> str:
    place = spot(n) if quality else ",,,"
    return f"{talker}GGA,{tod(at, digits)},{place},{quality},09,0.80,9.5,M,15.0,M,,"


def gll(at: int, n: int) -> str:
    return f"GNGLL,{spot(n)},{tod(at)},A,A"


def gns(at: int, n: int, modes: str = "AA") -> str:
    return f"GNGNS,{tod(at)},{spot(n)},{modes},12,0.8,9.5,15.0,,,V"


def gsa(mode: int = 3, talker: str = "GN") -> str:
    return f"{talker}GSA,A,{mode},05,13,15,18,,,,,,,,,1.21,0.80,1.02"


def zda(at: int) -> str:
    return f"GNZDA,{tod(at)},{'01' if at < DAY_MS else '02'},07,2026,00,00"


def bursts(at: int, n: int) -> list[str]:
    return [GSV] * 3 if at % 5000 == 0 else []


RECEIVERS: dict[str, tuple[int, Cycle]] = {
    "GNS and ZDA only": (1000, lambda at, n: [gns(at, n), zda(at)]),
    "GNS, one constellation of two": (1000, lambda at, n: [gns(at, n, "AN"), zda(at)]),
    "GLL and ZDA only": (1000, lambda at, n: [gll(at, n), zda(at)]),
    "RMC only": (1000, lambda at, n: [rmc(at, n)]),
    "MTK, 5 Hz": (
        200,
        lambda at, n: [gga(at, n, "GP", digits=3), gsa(), *bursts(at, n), rmc(at, n, "GP"), VTG],
    ),
    "u-blox, 10 Hz": (
        100,
        lambda at, n: [rmc(at, n), VTG, gga(at, n), gsa(), gsa(), GSV, gll(at, n)],
    ),
    "SiRF, GSV every 5 s": (
        1000,
        lambda at, n: [gga(at, n, "GP", digits=3), gsa(), *bursts(at, n), rmc(at, n, "GP")],
    ),
    "Quectel": (
        1000,
        lambda at, n: [rmc(at, n, digits=3) + ",V", VTG, gga(at, n), gsa(), gll(at, n), "PQTMX,1"],
    ),
    "Unicore": (1000, lambda at, n: [gga(at, n), rmc(at, n) + ",V", gsa(), "GNTHS,12.0,A", GSV]),
    "Garmin, every 2 s": (
        2000,
        lambda at, n: [
            rmc(at, n, "GP", digits=0),
            "GPRMB,V,,,,,,,,,,,,A",
            gga(at, n, "GP", digits=0),
            gsa(talker="GP"),
            "PGRME,15.0,M,22.5,M,15.0,M",
            "PGRMZ,62,f,3",
        ],
    ),
    "GLONASS without satellites": (
        1000,
        lambda at, n: [gga(at, n, "GP"), gga(at, n, "GL", quality=0), rmc(at, n)],
    ),
    "four talkers": (
        1000,
        lambda at, n: [*(gga(at, n, each) for each in ("GP", "GL", "GA", "GB")), rmc(at, n)],
    ),
    "date first, place last": (1000, lambda at, n: [zda(at), gsa(), rmc(at, n), gga(at, n)]),
}
NO_FIX: dict[str, Cycle] = {
    "RMC V": lambda at, n: [zda(at), gsa(), rmc(at, n, mode="N"), gga(at, n)],
    "GGA 0": lambda at, n: [zda(at), gsa(), rmc(at, n), gga(at, n, quality=0)],
    "GSA 1": lambda at, n: [zda(at), gsa(1), rmc(at, n), gga(at, n)],
    "all of them": lambda at, n: [gsa(1), rmc(at, n, mode="N"), gga(at, n, quality=0)],
}


def stream_of(line: Line, cycle: Cycle, step: int, count: int, start: int = NOON_MS) -> list[bytes]:
    return [b"".join(map(line, cycle(start + n * step, n))) for n in range(count)]


def played(epochs: Iterable[bytes], step_s: float) -> list[Epoch]:
    """Let a tracker read them as they come, told of time ten times a second."""
    reader, found, at = NmeaReader(), [], 100.0
    for epoch in epochs:
        found += reader.feed(epoch, Instant(at, WALL_MS))
        for tenth in range(1, max(1, round(step_s * 10))):
            found += reader.tick(Instant(at + tenth / 10, WALL_MS))
        at += step_s
    return [epoch for epoch in [*found, *reader.tick(Instant(at + 1, WALL_MS))] if epoch.tod]


@pytest.mark.parametrize("name", RECEIVERS)
def test_every_epoch_is_one_fix(line: Line, name: str) -> None:
    step, cycle = RECEIVERS[name]
    epochs = played(stream_of(line, cycle, step, 20), step / 1000)
    assert [epoch.fix and epoch.fix.time for epoch in epochs] == [
        WALL_MS + n * step for n in range(20)
    ]


@pytest.mark.parametrize("name", RECEIVERS)
def test_midnight_is_crossed(line: Line, name: str) -> None:
    step, cycle = RECEIVERS[name]
    epochs = played(stream_of(line, cycle, step, 10, DAY_MS - 5 * step), step / 1000)
    midnight = WALL_MS + DAY_MS - NOON_MS
    assert [epoch.fix and epoch.fix.time for epoch in epochs] == [
        midnight + n * step for n in range(-5, 5)
    ]


@pytest.mark.parametrize("name", NO_FIX)
def test_one_objection_is_no_fix(line: Line, name: str) -> None:
    good, bad = RECEIVERS["date first, place last"][1], NO_FIX[name]
    stream = stream_of(line, lambda at, n: (bad if 5 <= n < 9 else good)(at, n), 1000, 14)
    epochs = played(stream, 1.0)
    assert [epoch.fix is not None for epoch in epochs] == [True] * 5 + [False] * 4 + [True] * 5


@pytest.mark.parametrize(("before", "after"), [(100, 1000), (1000, 200), (200, 100)])
def test_a_receiver_that_changes_its_rate(line: Line, before: int, after: int) -> None:
    cycle = RECEIVERS["u-blox, 10 Hz"][1]
    first = stream_of(line, cycle, before, 10)
    second = stream_of(line, cycle, after, 10, NOON_MS + 10 * before)
    epochs = played(first, before / 1000) + played(second, after / 1000)
    assert [epoch.fix and epoch.fix.time for epoch in epochs] == [
        *(WALL_MS + n * before for n in range(10)),
        *(WALL_MS + 10 * before + n * after for n in range(10)),
    ]


@given(name=st.sampled_from(sorted(RECEIVERS)), random=st.randoms(), once=st.booleans())
def test_any_order_within_a_second_gives_the_same_number(
    line: Line, name: str, random: Random, *, once: bool
) -> None:
    """The order may be the receiver's own, or differ in each second."""
    step, cycle = RECEIVERS[name]
    seed = random.random()

    def shuffled(at: int, n: int) -> list[str]:
        random.seed(seed if once else f"{seed}{n}")
        return sorted(cycle(at, n), key=lambda _: random.random())

    stream = b"".join(stream_of(line, shuffled, step, 12))
    reader = NmeaReader(floor_ms=None)
    now = Instant(0.0)
    fixes = [each.fix for each in [*reader.feed(stream, now), *reader.end(now)] if each.fix]
    assert len(fixes) == len({float(fix.tod) for fix in fixes}) == 12
