"""`guardian decode`: what the tracker would make of a receiver's bytes."""

import datetime as dt
import errno
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from io import BufferedReader
from pathlib import Path
from typing import TextIO, cast

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
        for epochs in _epochs(reader, _chunks(stream, source)):
            seen += len(epochs)
            fixes += _print(epochs)
    if stats:
        _report(reader, seen, fixes)


def _opened(source: Path, stack: ExitStack) -> BufferedReader:
    if str(source) == "-":
        if cast("TextIO | None", sys.stdin) is None:
            raise click.ClickException("standard input is closed")
        return cast("BufferedReader", sys.stdin.buffer)
    try:
        return stack.enter_context(source.open("rb"))
    except OSError as error:
        raise _refused(source, error) from error


def _refused(source: Path, error: OSError) -> click.FileError:
    return click.FileError(str(source), error.strerror or str(error))


def _chunks(stream: BufferedReader, source: Path) -> Iterator[bytes]:
    """Yield bytes as they come: a pipe's writer may pause."""
    while chunk := _read(stream, source):
        yield chunk


def _read(stream: BufferedReader, source: Path) -> bytes:
    try:
        return stream.read1(_CHUNK_BYTES)
    except OSError as error:
        raise _refused(source, error) from error


def _epochs(reader: NmeaReader, chunks: Iterable[bytes]) -> Iterator[list[Epoch]]:
    for chunk in chunks:
        yield reader.feed(chunk, NO_CLOCK)
    yield reader.end(NO_CLOCK)


def _print(epochs: list[Epoch]) -> int:
    """Write a line for each fix at once and return how many there were."""
    lines = [_encode(epoch.fix) for epoch in epochs if epoch.fix is not None]
    if lines:
        _write(b"\n".join(lines))
    return len(lines)


def _write(text: bytes) -> None:
    """Print; a pipe whose reader has gone ends the command without a word, as click does.

    Raises:
        click.ClickException: the output cannot be written.
    """
    try:
        click.echo(text)
    except OSError as error:
        _drop_output()
        if error.errno == errno.EPIPE:
            raise
        raise click.ClickException(f"cannot write: {error.strerror or error}") from error


def _drop_output() -> None:
    """Let what is still buffered go nowhere: Python would fail on it once more at its end."""
    with suppress(OSError):  # no file behind it, as in a test
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _report(reader: NmeaReader, epochs: int, fixes: int) -> None:
    lines = [f"sentences {reader.sentences}", f"epochs {epochs}", f"fixes {fixes}"]
    lines += [f"rejected {reason} {count}" for reason, count in sorted(reader.rejects.items())]
    click.echo("\n".join(lines), err=True)
