"""Which reports are safe, joined into `Stored` messages: at most one a minute for each tracker.

A lost message does no harm: the tracker sends again what was not named, and it is named again.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable
from itertools import starmap
from threading import Lock

from contract.messages import Reports, Stored
from ingest.reading import Reading

MAX_RANGES = 100
"""Ranges kept for one tracker: 68 bytes each at worst, so that their message fits in 8 KiB."""

Range = tuple[str, int, int]
"""Boot, and the first and last sequence number."""


class StoredReports:
    """What trackers are still to be told. Thread-safe."""

    def __init__(self, every_s: float, *, max_ranges: int = MAX_RANGES) -> None:
        """Take the pause between two messages about locations to one tracker."""
        self._every_s = every_s
        self._max_ranges = max_ranges
        self._trackers: dict[str, _Tracker] = {}
        self._events: list[tuple[float, str]] = []
        self._at_once: dict[str, None] = {}
        self._lock = Lock()

    def note(self, readings: Iterable[Reading], now: float) -> None:
        """Remember that the reports of these messages are safe."""
        with self._lock:
            for reading in readings:
                if reading.reports and reading.device is not None:
                    self._note(reading.device, reading, now)

    def take(self, now: float) -> tuple[str, Stored] | None:
        """Return the next message that is due at monotonic time `now`, and for whom."""
        with self._lock:
            if self._at_once:
                device = next(iter(self._at_once))
                del self._at_once[device]
                return device, self._message(device, now)
            while self._events and self._events[0][0] <= now:
                _, device = heapq.heappop(self._events)
                tracker = self._trackers[device]
                if tracker.next_at > now:  # it was told at once in between
                    heapq.heappush(self._events, (tracker.next_at, device))
                elif not tracker.ranges:
                    del self._trackers[device]
                else:
                    heapq.heappush(self._events, (now + self._every_s, device))
                    return device, self._message(device, now)
            return None

    def due_in(self, now: float) -> float | None:
        """Return the seconds until `take` may have something, None when nothing is known."""
        with self._lock:
            if self._at_once:
                return 0.0
            return max(0.0, self._events[0][0] - now) if self._events else None

    def _note(self, device: str, reading: Reading, now: float) -> None:
        tracker = self._trackers.get(device)
        if tracker is None:
            tracker = self._trackers[device] = _Tracker(now)
            heapq.heappush(self._events, (now, device))
        for boot, seq in reading.reports:
            tracker.add(boot, seq, self._max_ranges)
        if reading.at_once:
            self._at_once[device] = None

    def _message(self, device: str, now: float) -> Stored:
        tracker = self._trackers[device]
        tracker.next_at = now + self._every_s
        ranges, tracker.ranges = tracker.ranges, []
        self._at_once.pop(device, None)
        return message(ranges)


class _Tracker:
    """What one tracker is still to be told; each has exactly one event in the heap."""

    __slots__ = ("next_at", "ranges")

    def __init__(self, now: float) -> None:
        self.next_at = now
        self.ranges: list[Range] = []

    def add(self, boot: str, seq: int, limit: int) -> None:
        """Lengthen the last range where the report follows it, as it nearly always does."""
        if self.ranges:
            known, start, end = self.ranges[-1]
            if known == boot and start <= seq <= end + 1:
                if seq > end:
                    self.ranges[-1] = (boot, start, seq)
                return
        self.ranges.append((boot, seq, seq))
        if len(self.ranges) > limit:
            self.ranges = joined(self.ranges)[:limit]


def joined(ranges: Iterable[Range]) -> list[Range]:
    """Return the same numbers in as few ranges as possible, boots in order of appearance."""
    by_boot: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for boot, first, last in ranges:
        by_boot[boot].append((first, last))
    return [(boot, first, last) for boot, each in by_boot.items() for first, last in _merged(each)]


def message(ranges: Iterable[Range]) -> Stored:
    """Return the ranges as the message that names them."""
    by_boot: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for boot, first, last in joined(ranges):
        by_boot[boot].append((first, last))
    return Stored(reports=list(starmap(_reports, by_boot.items())))


def _reports(boot: str, seqs: list[tuple[int, int]]) -> Reports:
    return Reports(boot=boot, seqs=seqs)


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged
