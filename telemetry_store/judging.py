"""What the reports of a track show about each other, found out when it is read.

Gaps, order, jumps and duplicates follow from `boot`, `seq`, `time` and place of the rows that are
there, and from nothing else: however many workers wrote them, in whatever order and how often.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import msgspec

from contract.distance import distance_m
from contract.limits import FAST_MPS, FASTEST_MPS, JUMP_ACCURACY_M
from contract.messages import Location
from telemetry_store.port import TelemetryReader
from telemetry_store.rows import LocationRow

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Judged:
    """A report beside the others of its track."""

    row: LocationRow
    missing: int = 0
    """Reports that are not there between it and the one numbered before it in its boot."""
    out_of_order: bool = False
    """Its time is before that of a report numbered lower: a clock was set back."""
    jump: bool = False
    """Nobody can have come here from the report before, nor have gone on to the next one."""
    duplicate: bool = False
    """An earlier report has its boot and number: one of the two is not this tracker's."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """Return what a person should know, in words."""
        gap = f"{self.missing} report{'s' * (self.missing > 1)} missing" if self.missing else ""
        return tuple(
            words
            for words in (
                gap,
                "out of order" * self.out_of_order,
                "jump" * self.jump,
                "duplicate number" * self.duplicate,
            )
            if words
        )


def judge(rows: Iterable[LocationRow]) -> list[Judged]:
    """Return one tracker's reports in order of time, each once, with what shows beside the others.

    What is outside the rows is not known: before the first report of a boot nothing is missing,
    and the first and the last row are no jumps.
    """
    ordered = sorted(_once(rows), key=lambda row: _order(row.location))
    jumps = _jumps([row.location for row in ordered])
    first_of: dict[tuple[str, int], int] = {}
    for index, row in enumerate(ordered):
        first_of.setdefault((row.location.boot, row.location.seq), index)
    missing, out_of_order = _by_number(ordered, first_of)
    return [
        Judged(
            row,
            missing=missing.get(index, 0),
            out_of_order=index in out_of_order,
            jump=index in jumps,
            duplicate=first_of[row.location.boot, row.location.seq] != index,
        )
        for index, row in enumerate(ordered)
    ]


def judged_track(
    reader: TelemetryReader, device: str, start_ms: int, end_ms: int, limit: int
) -> list[Judged]:
    """Return the judged positions with start <= time < end, at most `limit`, as of `track`."""
    return judge(reader.track(device, start_ms, end_ms, limit))


def is_impossible(a: Location, b: Location) -> bool:
    """Say whether nobody can have moved from one to the other in the time between.

    Allowed is what the accuracies explain, and a train's speed; an airliner's where the receiver
    itself says that it was as fast as that.
    """
    speeds = [place.speed for place in (a, b) if place.speed is not None]
    speed = FASTEST_MPS if max(speeds, default=0.0) > FAST_MPS else FAST_MPS
    allowed = speed * abs(b.time - a.time) / 1000 + _accuracy(a) + _accuracy(b)
    return distance_m(a, b) > allowed


def _once(rows: Iterable[LocationRow]) -> Iterable[LocationRow]:
    """Return each report once; a mark that one copy has counts for all."""
    found: dict[Location, LocationRow] = {}
    for row in rows:
        known = found.get(row.location, row)
        found[row.location] = LocationRow(row.device, row.location, row.marks | known.marks)
    return found.values()


def _order(place: Location) -> tuple[int, int, str, bytes]:
    return place.time, place.seq, place.boot, _encode(place)


def _jumps(places: list[Location]) -> set[int]:
    steps = [is_impossible(a, b) for a, b in pairwise(places)]
    return {index for index in range(1, len(steps)) if steps[index - 1] and steps[index]}


def _by_number(
    ordered: list[LocationRow], first_of: dict[tuple[str, int], int]
) -> tuple[dict[int, int], set[int]]:
    """Return how many reports are missing before which row, and which rows are out of order."""
    missing: dict[int, int] = {}
    out_of_order: set[int] = set()
    before, latest = ("", 0), 0
    for boot, seq in sorted(first_of):
        index = first_of[boot, seq]
        time = ordered[index].location.time
        if boot != before[0]:
            latest = time
        elif seq - before[1] > 1:
            missing[index] = seq - before[1] - 1
        if time < latest:
            out_of_order.add(index)
        before, latest = (boot, seq), max(latest, time)
    return missing, out_of_order


def _accuracy(place: Location) -> float:
    return JUMP_ACCURACY_M if place.accuracy is None else place.accuracy
