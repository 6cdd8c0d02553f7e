"""Sentences -> epochs: each instant of the receiver ends exactly once, as soon as it is over."""

from collections import deque

from device_agent.nmea.cycle import CycleEnd
from device_agent.nmea.draft import Draft
from device_agent.nmea.sentences import Reading

QUIET_S = 0.25
"""Silence that ends an epoch: longer than Bluetooth's and USB's hiccups, a quarter of 1 Hz."""
OPEN_MAX_S = 1.5
"""An epoch ends after so long even without a gap: 1 Hz at 4800 baud leaves none."""
STILL_S = 1.5
"""A time of day that comes again after so long has stopped; sooner, it is a coarse clock."""

REMEMBERED = 4
"""Ended epochs that a straggler is still recognised for."""

_DAY_MS = 86_400_000


class EpochAssembler:
    """Sorts readings into epochs. `at` is monotonic seconds throughout.

    An epoch ends with the next time of day, with the sentence that was learnt to be the cycle's
    last, or with a quiet gap. `late` counts sentences that came after their epoch's fix was out.
    """

    def __init__(self) -> None:
        self.late = 0
        self._cycle = CycleEnd()
        self._open: Draft | None = None
        self._ended: deque[Draft] = deque(maxlen=REMEMBERED)
        self._heard: float | None = None

    def tick(self, at: float) -> list[Draft]:
        """Return the epoch that ended by silence or age."""
        quiet = self._heard is not None and at - self._heard >= QUIET_S
        if quiet:
            self._cycle.pause()
        draft = self._open
        if draft is None:
            return []
        aged = at - draft.opened >= OPEN_MAX_S
        if aged or (quiet and draft.positional):
            return self._close()
        return []

    def hear(self, at: float) -> None:
        """Note that bytes came: there is no gap."""
        self._heard = at

    def add(self, reading: Reading, at: float) -> list[Draft]:
        """Take the next reading; return the epochs that it ends, oldest first."""
        tod_ms = None if reading.tod is None else reading.tod.ms
        ends_cycle = self._cycle.hear(reading.key, tod_ms)
        if reading.tod is None:
            ended = self._add_untimed(reading, at)
        else:
            ended = self._add_timed(reading, reading.tod.ms, at)
        if ends_cycle and self._open is not None and self._open.tod_ms is not None:
            ended += self._close()
        return ended

    def end(self) -> list[Draft]:
        """Return the epoch that the stream's end ends."""
        return self._close()

    def _add_untimed(self, reading: Reading, at: float) -> list[Draft]:
        """Join the open epoch, unless it has that say already: receivers without time repeat."""
        repeats = self._open is not None and reading.positional and self._open.has(reading.key)
        return (self._close() if repeats else []) + self._join(reading, at)

    def _add_timed(self, reading: Reading, tod_ms: int, at: float) -> list[Draft]:
        draft = self._open
        if draft is not None and draft.tod_ms == tod_ms:
            return self._join(reading, at)
        last = self._ended[-1] if self._ended else None
        if last is not None and last.tod_ms == tod_ms and not (draft and draft.positional):
            return self._again(reading, last, at)
        if self._lags(reading, tod_ms):
            return self._too_late(reading, at)
        adopts = draft is not None and draft.tod_ms is None and not draft.positional
        return ([] if adopts else self._close()) + self._join(reading, at)

    def _lags(self, reading: Reading, tod_ms: int) -> bool:
        """Say whether the reading belongs to an epoch before the present one.

        Receivers' clocks do step back, but not for ZDA, GST or GBS alone, nor with a sentence
        that an epoch just ended still lacked.
        """
        if reading.positional:
            return any(end.tod_ms == tod_ms and not end.has(reading.key) for end in self._ended)
        present = self._open or (self._ended[-1] if self._ended else None)
        if present is None or present.tod_ms is None:
            return False
        return 0 < (present.tod_ms - tod_ms) % _DAY_MS < _DAY_MS / 2

    def _again(self, reading: Reading, last: Draft, at: float) -> list[Draft]:
        """Handle the last epoch's time of day once more: a straggler, or time stands still."""
        if reading.positional and last.has(reading.key):
            ended = self._close() if self._open and self._open.tod_ms is not None else []
            self._join(reading, at, still=True)
            return ended
        if last.has_fix:
            return self._too_late(reading, at)
        ended = self._close()
        last.reopened = True
        self._open = self._ended.pop()
        last.add(reading)
        return ended

    def _too_late(self, reading: Reading, at: float) -> list[Draft]:
        """Count it; its date alone is still of use, as a draft that says nothing of a fix."""
        self.late += 1
        if reading.date is None or reading.positional:
            return []
        draft = Draft(at)
        draft.add(reading)
        return [draft]

    def _join(self, reading: Reading, at: float, *, still: bool = False) -> list[Draft]:
        if self._open is None:
            self._open = Draft(at)
        self._open.add(reading)
        self._open.still |= still
        return []

    def _close(self) -> list[Draft]:
        draft, self._open = self._open, None
        if draft is None:
            return []
        if draft.still:
            stopped = not self._ended or draft.opened - self._ended[-1].opened >= STILL_S
            return [draft] if stopped else []
        if draft.tod_ms is not None and draft.positional:
            self._ended.append(draft)
        return [draft] if draft.has_fix or not draft.reopened else []
