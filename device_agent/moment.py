"""What time it is on a board whose own clock may be wrong."""

from dataclasses import dataclass

from contract.limits import BAD_CLOCK_MS
from contract.messages import ClockSource
from runtime.clock import Clock

GPS_TIME_GOOD_S = 6 * 3600.0
"""A board's crystal drifts by 50 ppm: 1 s in six hours, well within BAD_CLOCK_MS."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant: monotonic seconds, and wall time in ms since 1970 by the clock named."""

    now: float
    wall_ms: int
    source: ClockSource


class TrackerClock:
    """The host's clock, overruled by the receiver's time where the two disagree."""

    def __init__(self, clock: Clock, *, build_ms: int) -> None:
        """Take the host's clock, and the date of this software: no clock before it is right."""
        self._clock = clock
        self._build_ms = build_ms
        self._gps_offset_ms: float | None = None
        self._gps_heard = 0.0

    def now(self) -> float:
        """Return monotonic seconds."""
        return self._clock.monotonic()

    def moment(self) -> Moment:
        """Return this instant."""
        now, host_ms = self._clock.monotonic(), max(0, self._clock.now_ms())
        gps_ms = self._gps_ms(now)
        if gps_ms is not None and self._wrong(host_ms, gps_ms, now):
            return Moment(now, gps_ms, "gps")
        return Moment(now, host_ms, "host")

    def hear_gps(self, time_ms: int, now: float) -> None:
        """Take the time of a fix that had its date from the receiver, heard at `now`."""
        self._gps_offset_ms = time_ms - now * 1000
        self._gps_heard = now

    def lies(self) -> bool:
        """Say whether the host's clock is before the build date, or not what the receiver says."""
        now, host_ms = self._clock.monotonic(), self._clock.now_ms()
        gps_ms = self._gps_ms(now)
        if gps_ms is None:
            return host_ms < self._build_ms
        return self._wrong(host_ms, gps_ms, now)

    def _gps_ms(self, now: float) -> int | None:
        return None if self._gps_offset_ms is None else round(now * 1000 + self._gps_offset_ms)

    def _wrong(self, host_ms: int, gps_ms: int, now: float) -> bool:
        """Judge the host: the receiver's word counts while it is young, the build date always."""
        if host_ms < self._build_ms:
            return True
        young = now - self._gps_heard <= GPS_TIME_GOOD_S
        return young and abs(host_ms - gps_ms) > BAD_CLOCK_MS
