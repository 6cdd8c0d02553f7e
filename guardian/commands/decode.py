"""`guardian decode`: what the tracker would make of a receiver's bytes."""

import datetime as dt
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path
from typing import cast

import click
import msgspec

from device_agent.nmea.dates import Instant
from device_agent.nmea.reader import Epoch, NmeaReader

_CHUNK_BYTES = 64 * 1024
_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:T.*)?")
_encode = msgspec.json.Encoder().encode

NO_CLOCK = Instant(0.0)
"""A recording does not tell when its bytes came, so neither silence nor the host's clock counts."""


class Day(click.ParamType[dt.date]):
    """A date, `YYYY-MM-DD`; a time behind it is ignored."""

    name = "date"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.date:
        """Return the date, or fail as click does."""
        match = _DAY.fullmatch(str(value))
        try:
            if match:
                return dt.date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            pass
        return self.fail(f"{value!r} is not a date: expected YYYY-MM-DD", param, ctx)


@click.command(epilog="Example:  guardian decode --date 2007-04-08 tests/nmea/haicom-305N.nmea")
@click.argument(
    "source",
    metavar="[FILE|-]",
    default="-",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
)
@click.option(
    "--date",
    "day",
    type=Day(),
    help="The recording's date: counts while the receiver gives none, and tells a receiver "
    "whose week count has rolled over.",
)
@click.option("--stats", is_flag=True, help="Say on stderr what was read and what was refused.")
def decode(source: Path, day: dt.date | None, *, stats: bool) -> None:
    """Print one JSON object for each fix in a receiver's NMEA bytes.

    Reads FILE, or standard input with - or without FILE. The fields are those of a position
    report, and `tod`, the time of day as sent. An epoch without a fix prints nothing. Without
    any date, neither in the bytes nor by --date, `time` is absent.
    """
    reader = NmeaReader(floor_ms=None, reference=day)
    seen = fixes = 0
    with ExitStack() as stack:
        stream = _opened(source, stack)
        for epochs in _epochs(reader, _chunks(stream)):
            seen += len(epochs)
            fixes += _print(epochs)
    if stats:
        _report(reader, seen, fixes)


def _opened(source: Path, stack: ExitStack) -> BufferedReader:
    if str(source) == "-":
        return cast("BufferedReader", sys.stdin.buffer)
    try:
        return stack.enter_context(source.open("rb"))
    except OSError as error:
        raise click.FileError(str(source), error.strerror or str(error)) from error


def _chunks(stream: BufferedReader) -> Iterator[bytes]:
    """Yield bytes as they come: a pipe's writer may pause."""
    while chunk := stream.read1(_CHUNK_BYTES):
        yield chunk


def _epochs(reader: NmeaReader, chunks: Iterable[bytes]) -> Iterator[list[Epoch]]:
    for chunk in chunks:
        yield reader.feed(chunk, NO_CLOCK)
    yield reader.end(NO_CLOCK)


def _print(epochs: list[Epoch]) -> int:
    """Write a line for each fix at once and return how many there were."""
    lines = [_encode(epoch.fix) for epoch in epochs if epoch.fix is not None]
    if lines:
        click.echo(b"\n".join(lines))
    return len(lines)


def _report(reader: NmeaReader, epochs: int, fixes: int) -> None:
    lines = [f"sentences {reader.sentences}", f"epochs {epochs}", f"fixes {fixes}"]
    lines += [f"rejected {reason} {count}" for reason, count in sorted(reader.rejects.items())]
    click.echo("\n".join(lines), err=True)
