"""Millions of damaged sentences through the reader: no exception, and no more memory at the end.

    .venv/bin/python -m bench.agent.fuzz [--sentences 10000000] [--processes 2] [--seconds 900]

The sentences are those of the real logs in `tests/nmea`, each changed in some way; half of them get
a right checksum afterwards, so that the damage reaches what is behind it. Bytes come in chunks of
any length, with pauses, steps of the host's clock, and the stream's end now and then. Exits with 1
if a reader raised (the bytes are kept in a file) or grew.
"""

import argparse
import re
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import reduce
from operator import xor
from pathlib import Path
from random import Random
from typing import NamedTuple

from device_agent.nmea.dates import Instant
from device_agent.nmea.reader import NmeaReader

LOGS = Path(__file__).parents[2] / "tests" / "nmea"
ROUND = 200
"""Sentences that are fed before the time and memory are looked at."""
WARM_ROUNDS = 250
"""Afterwards caches and the allocator's arenas have their size."""
GROWTH_MB = 4.0
"""What the allocator may still add; a leak of one byte a sentence would be 5 MB."""
WALL_MS = 1_782_907_200_000
_VALUES = (
    b"", b"0", b"-1", b"1", b"9", b"99.99", b"1e9", b"nan", b"inf", b"-0.0", b"A", b"V", b"N",
    b"*", b"9" * 400, b".", b"000000", b"235960.999", b"310299", b"9060.0000", b"18060.0001", b" ",
    b"1_0", b"\xd9\xa3", b"+5", b"0x1F", b"2099",
)  # fmt: skip
_ADDRESSES = (
    b"$GPRMC", b"$GNGGA", b"$GNGNS", b"$GAGLL", b"$GNZDA", b"$GLVTG", b"$GNGSA", b"$GBGST",
    b"$GPGBS", b"$PUBX", b"!AIVDM", b"$GQRMC", b"$",
)  # fmt: skip


class Outcome(NamedTuple):
    """What one process saw."""

    sentences: int
    accepted: int
    fixes: int
    grown_mb: float
    error: str | None


def _flip(text: bytearray, random: Random) -> None:
    for _ in range(random.randrange(1, 4)):
        text[random.randrange(len(text))] ^= 1 << random.randrange(8)


def _cut(text: bytearray, random: Random) -> None:
    start = random.randrange(len(text))
    del text[start : start + random.randrange(1, 20)]


def _double(text: bytearray, random: Random) -> None:
    start = random.randrange(len(text))
    text[start:start] = text[start : start + random.randrange(1, 40)]


def _swap(text: bytearray, random: Random) -> None:
    one, other = random.randrange(len(text)), random.randrange(len(text))
    text[one], text[other] = text[other], text[one]


def _insert(text: bytearray, random: Random) -> None:
    text[random.randrange(len(text)) : 0] = random.randbytes(random.randrange(1, 6))


def _long(text: bytearray, random: Random) -> None:
    at = random.randrange(len(text))
    text[at:at] = random.choice((b",", b"0", b"$", b"*", b"A")) * random.randrange(1, 1500)


def _field(text: bytearray, random: Random) -> None:
    fields = bytes(text).split(b",")
    for _ in range(random.randrange(1, 3)):
        fields[random.randrange(len(fields))] = random.choice(_VALUES)
    text[:] = b",".join(fields)


def _fields_moved(text: bytearray, random: Random) -> None:
    fields = bytes(text).split(b",")
    fields.insert(random.randrange(len(fields)), fields.pop(random.randrange(len(fields))))
    text[:] = b",".join(fields[: random.randrange(1, len(fields) + 3)])


def _address(text: bytearray, random: Random) -> None:
    text[: text.find(b",")] = random.choice(_ADDRESSES)


def _as_it_is(text: bytearray, random: Random) -> None:
    """Leave it: a good sentence among bad ones."""


MUTATIONS: tuple[Callable[[bytearray, Random], None], ...] = (
    _flip, _cut, _double, _swap, _insert, _field, _field, _field, _fields_moved, _address,
    _as_it_is,
)  # fmt: skip


def damaged(line: bytes, random: Random) -> bytes:
    """Return the sentence changed, and often with a checksum that is right again."""
    text = bytearray(line)
    for _ in range(random.randrange(1, 3)):
        if text:
            (_long if random.random() < 0.002 else random.choice(MUTATIONS))(text, random)  # noqa: PLR2004
    end = random.choice((b"\r\n", b"\r\n", b"\r\n", b"\n", b"", b"\x00"))
    if random.random() < 0.5:  # noqa: PLR2004
        body = bytes(text.rpartition(b"*")[0] or text).lstrip(b"$!")
        return b"$%s*%02X%s" % (body, reduce(xor, body, 0), end)
    return bytes(text) + end


def fuzz(seed: int, lines: list[bytes], sentences: int, seconds: float) -> Outcome:
    """Feed one reader until so many sentences or seconds have gone."""
    random, reader = Random(seed), NmeaReader()
    until = time.monotonic() + seconds
    at, done, fixes, before = 0.0, 0, 0, 0.0
    for number in range(-(-sentences // ROUND)):
        start = random.randrange(len(lines))
        stream = b"".join(damaged(line, random) for line in (lines + lines)[start : start + ROUND])
        try:
            at, found = _feed(reader, stream, random, at)
        except Exception:  # noqa: BLE001 - finding any is what this program is for
            kept = Path(f"/tmp/guardian-fuzz-{seed}-{number}.nmea")
            kept.write_bytes(stream)
            return Outcome(done, reader.sentences, fixes, 0.0, f"{kept}\n{traceback.format_exc()}")
        done += ROUND
        fixes += found
        if number == WARM_ROUNDS:
            before = _resident_mb()
        if time.monotonic() > until:
            break
    return Outcome(done, reader.sentences, fixes, _resident_mb() - before if before else 0.0, None)


def _feed(reader: NmeaReader, stream: bytes, random: Random, at: float) -> tuple[float, int]:
    start = fixes = 0
    while start < len(stream):
        size = random.choice((1, 7, 64, 500, 4096))
        at += random.choice((0.0, 0.0, 0.01, 0.1, 0.3, 2.0))
        wall_ms = random.choice((WALL_MS + round(at * 1000), None, 0, random.randrange(1 << 45)))
        epochs = reader.feed(stream[start : start + size], Instant(at, wall_ms))
        fixes += sum(epoch.fix is not None for epoch in epochs)
        start += size
    if random.random() < 0.05:  # noqa: PLR2004
        reader.end(Instant(at))
    return at, fixes


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    match = re.search(r"VmRSS:\s+(\d+)", status)
    return int(match[1]) / 1024 if match else 0.0


def real_lines() -> list[bytes]:
    """Return every line of the real logs that holds a sentence, without its end."""
    data = b"\n".join(path.read_bytes() for path in sorted(LOGS.glob("*.nmea")))
    return [line.strip() for line in data.splitlines() if b"$" in line]


def main(sentences: int, processes: int, seconds: float, seed: int) -> int:
    """Print what came of it; return the exit code."""
    lines, share, begun = real_lines(), sentences // processes, time.monotonic()
    with ProcessPoolExecutor(processes) as pool:
        jobs = [pool.submit(fuzz, seed + n, lines, share, seconds) for n in range(processes)]
        outcomes = [job.result() for job in jobs]
    took = time.monotonic() - begun
    done = sum(each.sentences for each in outcomes)
    accepted, fixes = sum(each.accepted for each in outcomes), sum(each.fixes for each in outcomes)
    print(f"sentences {done:,} in {took:.0f} s ({done / took:,.0f}/s), seed {seed}")
    print(f"with a right checksum {accepted:,}, fixes {fixes:,}")
    print("memory grown", ", ".join(f"{each.grown_mb:+.2f} MB" for each in outcomes))
    for each in outcomes:
        if each.error:
            print(each.error)
    return int(any(each.error or each.grown_mb > GROWTH_MB for each in outcomes))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=10_000_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=900.0)
    parser.add_argument("--seed", type=int, default=round(time.time()))
    chosen = parser.parse_args()
    sys.exit(main(chosen.sentences, chosen.processes, chosen.seconds, chosen.seed))
