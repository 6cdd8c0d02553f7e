"""A few positions of each tracker for longer than all of them: down-sampling, on any store."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from telemetry_store.port import TelemetryReader, TelemetryWriter
from telemetry_store.rows import LocationRow

PAGE = 20_000
"""Positions read together: five hours at 1 Hz, some 20 MB."""
BATCH = 5_000
"""Positions written together, as ingest does."""


@dataclass(frozen=True, slots=True)
class Thinned:
    """What one run did."""

    devices: int
    kept: int


def thinned(rows: Iterable[LocationRow], every_ms: int) -> Iterator[LocationRow]:
    """Return one of the positions of each interval, from rows in order of time.

    The first that is not marked `bad_clock`, or the first where all are. Intervals are those of the
    clock and not of the track, so the same rows give the same positions in every run.
    """
    interval, chosen = -1, None
    for row in rows:
        number = row.location.time // every_ms
        if number != interval:
            if chosen is not None:
                yield chosen
            interval, chosen = number, row
        elif chosen is not None and "bad_clock" in chosen.marks and "bad_clock" not in row.marks:
            chosen = row
    if chosen is not None:
        yield chosen


def thin(
    source: TelemetryReader, target: TelemetryWriter, start_ms: int, end_ms: int, every_ms: int
) -> Thinned:
    """Copy one position of each whole interval with start <= time < end; again changes nothing.

    Reports that arrive late may add a second position to an interval that was thinned before.

    Raises:
        UnavailableError, DeniedError, RejectedError, PartlyStoredError: of either store; what was
            copied until then is kept.
    """
    start_ms, end_ms = -(-start_ms // every_ms) * every_ms, end_ms // every_ms * every_ms
    devices = source.devices(start_ms, end_ms)
    kept = 0
    for device in devices:
        chosen = thinned(_track(source, device, start_ms, end_ms), every_ms)
        while batch := list(islice(chosen, BATCH)):
            target.write(batch)
            kept += len(batch)
    return Thinned(len(devices), kept)


def _track(
    source: TelemetryReader, device: str, start_ms: int, end_ms: int
) -> Iterator[LocationRow]:
    """Read a track page by page; of more than a page in one millisecond the rest is left out."""
    while start_ms < end_ms:
        rows = source.track(device, start_ms, end_ms, PAGE)
        yield from rows
        if len(rows) < PAGE:
            return
        start_ms = rows[-1].location.time + 1
