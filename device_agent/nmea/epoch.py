"""Sentences -> epochs: each instant of the receiver ends exactly once, as soon as it is over."""

from device_agent.nmea.cycle import CycleEnd
from device_agent.nmea.draft import Draft
from device_agent.nmea.sentences import Reading

QUIET_S = 0.25
"""Silence that ends an epoch: longer than Bluetooth's and USB's hiccups, a quarter of 1 Hz."""
OPEN_MAX_S = 1.5
"""An epoch ends after so long even without a gap: 1 Hz at 4800 baud leaves none."""
STILL_S = 1.5
"""A time of day that comes again after so long has stopped; sooner, it is a coarse clock."""

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
        self._last: Draft | None = None
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
        ended = self._close() if repeats else []
        self._join(reading, at)
        return ended

    def _add_timed(self, reading: Reading, tod_ms: int, at: float) -> list[Draft]:
        draft, last = self._open, self._last
        if draft is None or draft.tod_ms is None:
            if last is not None and last.tod_ms == tod_ms:
                return self._again(reading, last, at)
            ended = self._close() if draft is not None and draft.positional else []
        elif draft.tod_ms == tod_ms:
            ended = []
        elif self._lags(reading, tod_ms, draft.tod_ms):
            return self._too_late(reading, at)
        else:
            ended = self._close()
        self._join(reading, at)
        return ended

    def _lags(self, reading: Reading, tod_ms: int, open_ms: int) -> bool:
        """Say whether the reading belongs to an epoch before the open one.

        Receivers' clocks do step back, but not for ZDA, GST or GBS alone, nor with a sentence
        that the last epoch still lacked.
        """
        if not reading.positional:
            return 0 < (open_ms - tod_ms) % _DAY_MS < _DAY_MS / 2
        last = self._last
        return last is not None and last.tod_ms == tod_ms and not last.has(reading.key)

    def _again(self, reading: Reading, last: Draft, at: float) -> list[Draft]:
        """Handle the last epoch's time of day once more: a straggler, or time stands still."""
        if reading.positional and last.has(reading.key):
            ended = self._close() if self._open is not None and self._open.positional else []
            self._join(reading, at)
            if self._open is not None:
                self._open.still = True
            return ended
        if last.has_fix:
            return self._too_late(reading, at)
        ended = self._close()
        last.reopened = True
        self._open, self._last = last, None
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

    def _join(self, reading: Reading, at: float) -> None:
        if self._open is None:
            self._open = Draft(at)
        self._open.add(reading)

    def _close(self) -> list[Draft]:
        draft, self._open = self._open, None
        if draft is None:
            return []
        if draft.still:
            stopped = self._last is None or draft.opened - self._last.opened >= STILL_S
            return [draft] if stopped else []
        if draft.tod_ms is not None:
            self._last = draft
        return [draft] if draft.has_fix or not draft.reopened else []
