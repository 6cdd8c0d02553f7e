"""Dead letters once more through reading and writing; what is stored then is a letter no more.

The rows are in the store before their letters go, and storing them again changes nothing: a crash
in between costs a repetition.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random

from contract.topics import LOCATION, STATUS
from ingest.dead_letters import DeadLetters, KeptLetter
from ingest.errors import StoppedError, StoreClosedError
from ingest.reading import DeadLetter, Reader, Reading, marks, rejected
from ingest.writing import Writing
from runtime.clock import Clock
from telemetry_store.port import TelemetryWriter
from telemetry_store.rows import LocationRow, StatusRow, TelemetryRow

TOGETHER = 500
"""Letters of one write: the file of dead letters is locked for some 10 ms to remove them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a letter."""

    kept: KeptLetter
    stored: int
    """Rows of it that the store has now."""
    remaining: tuple[DeadLetter, ...]
    """What of it still cannot be stored, and why; it is kept."""


def letters_of(
    letters: DeadLetters, wanted: Callable[[KeptLetter], bool] = lambda _: True
) -> Iterator[KeptLetter]:
    """Return the letters that are there now, oldest first; those that come meanwhile are not."""
    last = next((each.id for each in letters.newest(1)), 0)
    seen = 0
    while found := letters.after(seen, TOGETHER):
        yield from (each for each in found if each.id <= last and wanted(each))
        seen = found[-1].id


def read_again(reader: Reader, kept: KeptLetter, now_ms: int) -> Reading:
    """Return what a letter holds, plausible by the present, marked and dated by its arrival."""
    letter = kept.letter
    reading = reader.read(letter.topic, letter.payload, now_ms)
    rows = tuple(_as_arrived(row, kept.at) for row in reading.rows)
    return Reading(reading.device, rows, reading.dead, reading.reports, reading.at_once)


def replay(
    chosen: Iterable[KeptLetter],
    letters: DeadLetters,
    reader: Reader,
    store: TelemetryWriter,
    clock: Clock,
) -> Iterator[Outcome]:
    """Store what can be stored now, and remove those letters, some hundred at a time.

    Raises:
        StoreClosedError: the letters of which no outcome was given are as they were.
        sqlite3.Error: the same, because their file cannot be changed.
    """
    writing = Writing(store, clock, Random(), pause=lambda _: True)  # noqa: S311 - no secret
    waiting = iter(chosen)
    while together := list(islice(waiting, TOGETHER)):
        readings = [read_again(reader, kept, clock.now_ms()) for kept in together]
        outcomes = _written(together, readings, writing)
        letters.settle((each.kept, each.remaining) for each in outcomes)
        yield from outcomes


def _written(
    together: Sequence[KeptLetter], readings: Sequence[Reading], writing: Writing
) -> list[Outcome]:
    rows = [row for reading in readings for row in reading.rows]
    try:
        refused = {_key(each.row): each.reason for each in writing.write(rows)}
    except StoppedError as error:
        raise StoreClosedError(writing.problem or str(error)) from error
    return [
        _outcome(kept, reading, refused) for kept, reading in zip(together, readings, strict=True)
    ]


def _outcome(kept: KeptLetter, reading: Reading, refused: dict[str, str]) -> Outcome:
    bad = [row for row in reading.rows if _key(row) in refused]
    letters = [_still(kept, row, refused[_key(row)]) for row in bad]
    return Outcome(kept, len(reading.rows) - len(bad), (*reading.dead, *letters))


def _still(kept: KeptLetter, row: TelemetryRow, reason: str) -> DeadLetter:
    """Return a refused row's letter: the bytes that came, where they hold nothing but the row."""
    letter = kept.letter
    if letter.topic in (LOCATION.of(row.device), STATUS.of(row.device)):
        return DeadLetter(letter.device, letter.topic, letter.payload, "rejected", reason)
    return rejected(row, reason)


def _key(row: TelemetryRow) -> str:
    """Name a row among those of one write; a status has lists, so it cannot be a key itself."""
    return repr(row)


def _as_arrived(row: TelemetryRow, arrived_ms: int) -> TelemetryRow:
    if isinstance(row, StatusRow):
        return StatusRow(row.device, row.status, arrived_ms)
    return LocationRow(row.device, row.location, row.marks | marks(row.location, arrived_ms))
