"""When there are so many bad reports that it is not one tracker's fault: a change of release, say.

Ingest shouts and goes on: the bad ones are dead letters, the good ones are stored.
"""

from dataclasses import dataclass

WINDOW_S = 300.0
"""Reports come every half minute or so: each tracker has had several turns, and none is old."""
SLOT_S = 10.0
"""How finely the window moves on."""
FEWEST_BAD = 5
"""A report or two is no share of anything, in an installation of three trackers either."""
CALM = 0.5
"""It is over below this part of the limit, so that a share near the limit does not flicker."""


@dataclass(frozen=True, slots=True)
class Change:
    """The condition begins or ends; `bad` of `reports` in the window are why."""

    exceeded: bool
    reports: int
    bad: int


class BadShare:
    """The share of bad reports in the last minutes, by monotonic time."""

    def __init__(self, limit: float) -> None:
        """Take the limit, from 0 to 1: above it the condition begins. With 1 it never does."""
        self._limit = limit
        self._slots: tuple[tuple[int, int, int], ...] = ()
        self._exceeded = False

    def note(self, reports: int, bad: int, now: float) -> Change | None:
        """Add what was read; say so when the condition begins or ends by it."""
        self._add(int(now // SLOT_S), reports, bad)
        reports, bad = self._counted(now)
        share = bad / reports if reports else 0.0
        if self._exceeded:
            exceeded = share >= self._limit * CALM and bad > 0
        else:
            exceeded = share > self._limit and bad >= FEWEST_BAD
        if exceeded == self._exceeded:
            return None
        self._exceeded = exceeded
        return Change(exceeded, reports, bad)

    def share(self, now: float) -> float:
        """Return the share, 0 when nothing came; may be called from any thread."""
        reports, bad = self._counted(now)
        return bad / reports if reports else 0.0

    def exceeded(self, now: float) -> bool:
        """Say whether the condition holds; silence ends it. May be called from any thread."""
        return self._exceeded and self.share(now) > 0

    def _add(self, slot: int, reports: int, bad: int) -> None:
        kept = tuple(each for each in self._slots if each[0] > slot - WINDOW_S / SLOT_S)
        if kept and kept[-1][0] == slot:
            _, before, bad_before = kept[-1]
            kept = kept[:-1]
            reports, bad = reports + before, bad + bad_before
        self._slots = (*kept, (slot, reports, bad))

    def _counted(self, now: float) -> tuple[int, int]:
        oldest = now // SLOT_S - WINDOW_S / SLOT_S
        counted = [(reports, bad) for slot, reports, bad in self._slots if slot > oldest]
        return sum(each[0] for each in counted), sum(each[1] for each in counted)
