"""A fix: one position of the receiver at one instant, as the NMEA reader gives it."""

from msgspec import Struct

from contract.errors import GuardianError
from contract.messages import ClockSource, FixKind, Location, Trigger


class UntimedFixError(GuardianError):
    """The receiver gave no date and the host's clock is not believed, so the fix has no time."""


class Fix(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One position; fields, units and absence as in `Location`."""

    time: int | None = None
    """Milliseconds since 1970, UTC; None where no date is known."""
    tod: str
    """Time of day, UTC, as the receiver sent it: `hhmmss` with any fraction."""
    lat: float
    lon: float
    alt: float | None = None
    speed: float | None = None
    course: float | None = None
    accuracy: float | None = None
    hdop: float | None = None
    satellites: int | None = None
    fix: FixKind
    clock: ClockSource | None = None
    """Whose date `time` has; None without time."""
    time_raw: int | None = None
    """`time` as the receiver meant it, where a week rollover was repaired."""

    def to_location(
        self,
        *,
        boot: str,
        seq: int,
        trigger: Trigger | None = None,
        battery: int | None = None,
        jump: bool = False,
    ) -> Location:
        """Return the fix as a position report.

        Raises:
            UntimedFixError: the fix has no time.
        """
        if self.time is None:
            raise UntimedFixError("a position report needs a time; this fix has none")
        return Location(
            boot=boot,
            seq=seq,
            time=self.time,
            lat=self.lat,
            lon=self.lon,
            alt=self.alt,
            speed=self.speed,
            course=self.course,
            accuracy=self.accuracy,
            hdop=self.hdop,
            satellites=self.satellites,
            fix=self.fix,
            battery=battery,
            trigger=trigger,
            clock=self.clock,
            jump=True if jump else None,
            time_raw=self.time_raw,
        )
