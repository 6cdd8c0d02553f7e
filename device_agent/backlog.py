"""The position reports that no `Stored` has named yet: which are ready to go out, which wait.

A report goes out as soon as it can, again when it is not named after 120 s, then after 4, 8 ...
60 min. A full backlog thins its oldest reports. Fed with data and monotonic seconds.
"""

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import msgspec
from msgspec import Struct

from contract.limits import HISTORY_RETRY_S, REPORT_MAX_SENDINGS, UNSTORED_RESEND_S
from contract.messages import Reports

RETRY_S = (UNSTORED_RESEND_S, *HISTORY_RETRY_S)
"""How long the first, second ... sending of a report waits for `Stored`."""
MIN_LIMIT = 16
"""With fewer there would be nothing to thin."""

_LATEST = 2**53

Key = tuple[str, int]
"""Boot and seq: a report's name."""


@dataclass(slots=True)
class Report:
    """One report, encoded, and how its sending stands."""

    boot: str
    seq: int
    body: bytes
    order: int
    """Counts the reports as they were made; the higher, the newer."""
    sendings: int = 0
    due: float = 0.0
    in_flight: bool = False

    @property
    def key(self) -> Key:
        """Return what `Stored` calls it."""
        return self.boot, self.seq


class _Timed(Struct):
    """What an encoded report says of its time."""

    time: int


class Backlog:
    """Reports by age; the newest that are ready are at hand without a search."""

    def __init__(self, limit: int) -> None:
        """Take how many reports to keep at most, MIN_LIMIT or more."""
        if limit < MIN_LIMIT:
            raise ValueError(f"expected at least {MIN_LIMIT} reports")
        self._limit = limit
        self._reports: dict[int, Report] = {}
        self._boots: dict[str, dict[int, int]] = {}
        self._ready: list[int] = []
        self._waiting: list[tuple[float, int]] = []
        self._made = 0
        self._latest: int | None = None
        self._named = -1

    def __len__(self) -> int:
        return len(self._reports)

    def restore(self, kept: Iterable[tuple[str, int, bytes]]) -> list[Key]:
        """Take over, oldest first, what an earlier run left; returns what was thinned out."""
        for boot, seq, body in kept:
            self._insert(boot, seq, body)
        return self._thin()

    def add(self, boot: str, seq: int, body: bytes) -> list[Key]:
        """Take a new report; returns what was thinned out to make room."""
        self._latest = self._insert(boot, seq, body)
        return self._thin()

    def all(self) -> list[Report]:
        """Return every report, oldest first."""
        return list(self._reports.values())

    def latest(self) -> Report | None:
        """Return the newest report of this run if it is ready and was never sent."""
        if self._latest is None or self._ready_at(self._latest) is None:
            return None
        report = self._reports[self._latest]
        return None if report.sendings else report

    def batch(self, max_bytes: int) -> list[Report]:
        """Return the newest ready reports that fit into a JSON list of `max_bytes`, oldest first.

        The latest is left out while it was never sent: it goes alone.
        """
        chosen: list[Report] = []
        latest = self.latest()
        room = max_bytes - len(b"[]")
        for order in reversed(self._ready):
            report = self._reports[order]
            if report is latest:
                continue
            room -= len(report.body) + len(b",")
            if room < -1 and chosen:
                break
            chosen.append(report)
        return chosen[::-1]

    def sent(self, reports: Iterable[Report], now: float) -> None:
        """Note that these went out; each then waits its time for `Stored`."""
        for report in reports:
            report.sendings += 1
            report.in_flight = True
            report.due = now + RETRY_S[min(report.sendings, len(RETRY_S)) - 1]
            self._unready(report.order)
            heapq.heappush(self._waiting, (report.due, report.order))

    def arrived(self, keys: Iterable[Key]) -> None:
        """Note that the broker has answered; `Stored` may still be long in coming."""
        for report in self._find(keys):
            report.in_flight = False

    def lost(self, keys: Iterable[Key], again_at: float) -> None:
        """Note that a sending came to nothing and does not count; `wake` makes them ready then."""
        for report in self._find(keys):
            report.in_flight = False
            report.sendings -= 1
            report.due = again_at
            heapq.heappush(self._waiting, (report.due, report.order))

    def stored(self, reports: Iterable[Reports]) -> list[Key]:
        """Forget what is safe in the store; returns the keys that were still kept."""
        named: list[Key] = []
        for boot, first, last in ((each.boot, *span) for each in reports for span in each.seqs):
            keys = [(boot, seq) for seq in self._kept(boot, first, last)]
            for report in self._find(keys):
                self._named = max(self._named, report.order)
                self._remove(report)
            named += keys
        return named

    def wake(self, now: float) -> list[Key]:
        """Make ready what has waited long enough; returns what was dropped as hopeless.

        Hopeless is what was sent five times and not named while later ones were.
        """
        dropped: list[Key] = []
        while self._waiting and self._waiting[0][0] <= now:
            due, order = heapq.heappop(self._waiting)
            report = self._reports.get(order)
            if report is None or report.due != due:
                continue
            if report.in_flight:
                report.due = now + RETRY_S[0]
                heapq.heappush(self._waiting, (report.due, order))
            elif report.sendings >= REPORT_MAX_SENDINGS and self._named > order:
                dropped.append(report.key)
                self._remove(report)
            else:
                insort(self._ready, order)
        return dropped

    def expire(self, earliest_ms: int) -> list[Key]:
        """Drop the oldest reports whose fix was before this; returns what was dropped.

        The store would refuse what is older than its retention.
        """
        dropped: list[Key] = []
        for report in list(self._reports.values()):
            if _time_of(report) >= earliest_ms:
                break
            dropped.append(report.key)
            self._remove(report)
        return dropped

    def next_wake(self) -> float | None:
        """Return when the next report has waited long enough."""
        return self._waiting[0][0] if self._waiting else None

    def _insert(self, boot: str, seq: int, body: bytes) -> int:
        order = self._made
        self._made += 1
        self._reports[order] = Report(boot, seq, body, order)
        self._boots.setdefault(boot, {})[seq] = order
        self._ready.append(order)
        return order

    def _remove(self, report: Report) -> None:
        del self._reports[report.order]
        seqs = self._boots[report.boot]
        del seqs[report.seq]
        if not seqs:
            del self._boots[report.boot]
        self._unready(report.order)

    def _ready_at(self, order: int) -> int | None:
        at = bisect_left(self._ready, order)
        return at if at < len(self._ready) and self._ready[at] == order else None

    def _unready(self, order: int) -> None:
        at = self._ready_at(order)
        if at is not None:
            del self._ready[at]

    def _thin(self) -> list[Key]:
        """Give up every other one of the older half while there are too many."""
        thinned: list[Key] = []
        while len(self._reports) > self._limit:
            older = list(islice(self._reports.values(), len(self._reports) // 2))
            for report in older[1::2]:
                thinned.append(report.key)
                self._remove(report)
        return thinned

    def _kept(self, boot: str, first: int, last: int) -> list[int]:
        """Return the kept numbers of a range, which a peer may make as long as it likes."""
        seqs = self._boots.get(boot, {})
        if last - first < len(seqs):
            return [seq for seq in range(first, last + 1) if seq in seqs]
        return [seq for seq in seqs if first <= seq <= last]

    def _find(self, keys: Iterable[Key]) -> list[Report]:
        orders = [self._boots.get(boot, {}).get(seq) for boot, seq in keys]
        return [self._reports[order] for order in orders if order is not None]


def _time_of(report: Report) -> int:
    """Return the time of the fix; what a damaged disk has left is never too old, but hopeless."""
    try:
        return msgspec.json.decode(report.body, type=_Timed).time
    except msgspec.DecodeError:
        return _LATEST
