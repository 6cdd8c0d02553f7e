"""The load: epochs of a receiver of four constellations, 23 sentences each, as u-blox has them."""

from datetime import UTC, datetime
from functools import reduce
from operator import xor

SENTENCES = 23
INTERVAL_MS = 100
_MINUTES = 60


def epochs(count: int, start_ms: int) -> list[bytes]:
    """Return so many epochs of 10 Hz on a walk to the north-east from Taipei."""
    return [_epoch(number, start_ms + number * INTERVAL_MS) for number in range(count)]


def _epoch(number: int, time_ms: int) -> bytes:
    at = datetime.fromtimestamp(time_ms / 1000, UTC)
    tod, date = f"{at:%H%M%S}.{time_ms % 1000 // 10:02d}", f"{at:%d%m%y}"
    place = f"{_angle(25.03 + number * 1e-7, 2)},N,{_angle(121.56 + number * 1e-7, 3)},E"
    bodies = [
        f"GNRMC,{tod},A,{place},0.978,45.31,{date},,,A,V",
        "GNVTG,45.31,T,,M,0.978,N,1.811,K,A",
        f"GNGGA,{tod},{place},1,12,0.66,{12 + number % 50 / 10:.1f},M,16.9,M,,",
        *_gsa(number),
        *_gsv(),
        f"GNGLL,{place},{tod},A,A",
        f"GNGST,{tod},19,1.9,1.3,41.2,1.4,1.7,2.9",
        f"GNZDA,{tod},{at:%d,%m,%Y},00,00",
        f"GNGBS,{tod},1.4,1.7,2.9,,,,,,",
    ]
    return b"".join(map(_line, bodies))


def _gsa(number: int) -> list[str]:
    """The satellites in use stay the same; their geometry changes once a second."""
    hdop = 0.60 + number // 10 % 30 / 100
    used = {1: "05,13,15,18,23,24", 2: "67,68,78", 3: "04,11,19", 4: "20,29,35"}
    return [
        f"GNGSA,A,3,{satellites:,<{len(satellites) + 11 - satellites.count(',')}}"
        f",1.21,{hdop:.2f},1.02,{system}"
        for system, satellites in used.items()
    ]


def _gsv() -> list[str]:
    bodies = []
    for talker, signal, count in (("GP", 1, 4), ("GL", 1, 3), ("GA", 7, 3), ("GB", 1, 2)):
        for message in range(1, count + 1):
            numbers = range(message * 4, message * 4 + 4)
            four = ",".join(f"{n:02d},{n * 3:02d},{n * 11:03d},38" for n in numbers)
            bodies.append(f"{talker}GSV,{count},{message},{count * 4:02d},{four},{signal}")
    return bodies


def _angle(degrees: float, width: int) -> str:
    whole = int(degrees)
    return f"{whole:0{width}d}{(degrees - whole) * _MINUTES:08.5f}"


def _line(body: str) -> bytes:
    raw = body.encode("ascii")
    return b"$%s*%02X\r\n" % (raw, reduce(xor, raw, 0))
