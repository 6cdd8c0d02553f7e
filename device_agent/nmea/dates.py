"""Times of day -> instants: dates that come late or never, midnight, 1024-week rollovers."""

import datetime as dt

from msgspec import Struct

from contract.messages import ClockSource
from device_agent.nmea.fields import Tod

DAY_MS = 86_400_000
ROLLOVER_MS = 1024 * 7 * DAY_MS
"""GPS counts weeks in ten bits, so a receiver may be off by a multiple of this."""
FLOOR_MS = 1_735_689_600_000
"""2025-01-01: no Guardian ran before, so an earlier clock is wrong. Moved up with releases."""
NEAR_MS = 366 * DAY_MS
"""How far a shifted date may be from the reference: 5 % of a rollover. A host's clock may have
stood still for months; a receiver that is wrong in another way should not pass for a rollover."""

_EPOCH = dt.date(1970, 1, 1)


class Instant(Struct, frozen=True, gc=False):
    """Now: monotonic seconds, and wall time in ms where the host has any."""

    monotonic: float
    wall_ms: int | None = None


class Dated(Struct, frozen=True, gc=False):
    """An epoch's time as in `Location`, whose date it is, and the receiver's if repaired."""

    time: int
    clock: ClockSource
    time_raw: int | None = None


class _Anchor(Struct, frozen=True, gc=False):
    """The last instant whose date was known; raw, that is, as the receiver means it."""

    raw_ms: int
    monotonic: float
    clock: ClockSource


class Calendar:
    """Gives times of day their date.

    `floor_ms` is the earliest instant that can be (None when reading a recording);
    `reference` is the day to assume while the receiver gives none.
    """

    def __init__(
        self, *, floor_ms: int | None = FLOOR_MS, reference: dt.date | None = None
    ) -> None:
        self._floor_ms = floor_ms
        self._reference_ms = None if reference is None else _midnight_ms(reference)
        self._anchor: _Anchor | None = None

    def settle(self, tod: Tod, said: dt.date | None, now: Instant) -> Dated | None:
        """Return the epoch's instant; None where nobody knows the day.

        Its own date counts first (`said`), then the last one that was known, carried over
        midnight; the host's day only where the receiver never gave one.
        """
        if said is not None:
            self._anchor = _Anchor(_midnight_ms(said) + tod.ms, now.monotonic, "gps")
        elif self._anchor is not None:
            self._carry(self._anchor, tod, now)
        elif self._reference_ms is not None:
            self._anchor = _Anchor(self._reference_ms + tod.ms, now.monotonic, "host")
        elif (wall_ms := self._trusted(now)) is not None:
            return Dated(_nearest(tod, wall_ms), "host")
        if self._anchor is None:
            return None
        return self._repaired(self._anchor, now)

    def _carry(self, anchor: _Anchor, tod: Tod, now: Instant) -> None:
        elapsed_ms = round((now.monotonic - anchor.monotonic) * 1000)
        raw_ms = _nearest(tod, anchor.raw_ms + elapsed_ms)
        self._anchor = _Anchor(raw_ms, now.monotonic, anchor.clock)

    def _trusted(self, now: Instant) -> int | None:
        """Return the host's time, unless a board without a battery began in the past."""
        if now.wall_ms is None or (self._floor_ms is not None and now.wall_ms < self._floor_ms):
            return None
        return now.wall_ms

    def _repaired(self, anchor: _Anchor, now: Instant) -> Dated:
        raw_ms = anchor.raw_ms
        shift = 0 if anchor.clock == "host" else self._shift(raw_ms, now)
        return Dated(raw_ms + shift, anchor.clock, raw_ms if shift else None)

    def _shift(self, raw_ms: int, now: Instant) -> int:
        """Return the rollovers to add: those that lead to the reference, or else the floor."""
        reference_ms = self._trusted(now)
        if reference_ms is None:
            reference_ms = self._reference_ms
        if reference_ms is not None:
            shift = ROLLOVER_MS * round((reference_ms - raw_ms) / ROLLOVER_MS)
            if abs(raw_ms + shift - reference_ms) <= NEAR_MS:
                return shift
        if self._floor_ms is not None and raw_ms < self._floor_ms:
            return ROLLOVER_MS * -((raw_ms - self._floor_ms) // ROLLOVER_MS)
        return 0


def _midnight_ms(day: dt.date) -> int:
    return (day - _EPOCH).days * DAY_MS


def _nearest(tod: Tod, around_ms: int) -> int:
    """Return the instant with this time of day that is nearest; steps back are tolerated."""
    return tod.ms + DAY_MS * round((around_ms - tod.ms) / DAY_MS)
