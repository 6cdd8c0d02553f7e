"""What the sentences of one epoch say together."""

from typing import TYPE_CHECKING

from contract.messages import FixKind
from device_agent.fix import Fix
from device_agent.nmea.accuracy import radius_from_hdop
from device_agent.nmea.dates import Dated
from device_agent.nmea.sentences import FIX_RANK, Reading

if TYPE_CHECKING:
    from device_agent.nmea.fields import Tod

NO_FIX_MODE = 1
"""GSA's word for no fix."""


class Draft:
    """An epoch in the making.

    A newer sentence of the same talker and kind replaces the older one's word; of several
    positions the last counts, of several DOPs the worst.

    There is a fix when a valid sentence gave a position and nobody objects: of each kind that
    came (RMC, GGA, GNS, GLL) at least one talker says valid, and not every GSA says no fix. A
    receiver with several constellations may have one of them without satellites.
    """

    def __init__(self, opened: float) -> None:
        self.opened = opened
        self.reopened = False
        self.still = False
        self.tod: Tod | None = None
        self._said: dict[str, Reading] = {}
        self._place: tuple[float, float] | None = None
        self._mode: int | None = None
        self._hdop: float | None = None

    def add(self, reading: Reading) -> None:
        """Take one more sentence of this epoch; the last valid position is the epoch's."""
        if self.tod is None:
            self.tod = reading.tod
        self._said[reading.key] = reading
        if reading.lat is not None and reading.lon is not None:
            self._place = (reading.lat, reading.lon)
        if reading.mode is not None:
            self._mode = max(reading.mode, self._mode or NO_FIX_MODE)
        if reading.hdop is not None:
            self._hdop = max(reading.hdop, self._hdop or 0.0)

    @property
    def tod_ms(self) -> int | None:
        """The time of day in ms, once a sentence has told it."""
        return None if self.tod is None else self.tod.ms

    @property
    def positional(self) -> bool:
        """Whether a sentence has said if there is a fix."""
        return any(reading.valid is not None for reading in self._said.values())

    @property
    def has_fix(self) -> bool:
        """Whether the epoch makes a fix as it stands."""
        return self._place is not None and self.tod is not None and not self._refused()

    @property
    def dated(self) -> Reading | None:
        """The sentence with the date: ZDA, which has the century, before RMC."""
        readings = [reading for reading in self._said.values() if reading.date is not None]
        return min(readings, key=lambda reading: reading.kind != "ZDA", default=None)

    def has(self, key: str) -> bool:
        """Say whether a sentence of this talker and kind has come."""
        return key in self._said

    def to_fix(self, dated: Dated | None) -> Fix | None:
        """Return the epoch's fix at the time given; None when there is no fix."""
        if self.tod is None or self._place is None or not self.has_fix:
            return None
        kind = self._kind()
        return Fix(
            time=dated.time if dated else None,
            clock=dated.clock if dated else None,
            time_raw=dated.time_raw if dated else None,
            tod=self.tod.text,
            lat=self._place[0],
            lon=self._place[1],
            alt=self._first("alt", ("GGA", "GNS")),
            speed=self._first("speed", ("RMC", "VTG")),
            course=self._first("course", ("RMC", "VTG")),
            accuracy=self._first("accuracy", ("GST", "GBS")) or radius_from_hdop(self._hdop, kind),
            hdop=self._hdop,
            satellites=self._satellites(),
            fix=kind,
        )

    def _refused(self) -> bool:
        verdicts: dict[str, bool] = {}
        for reading in self._said.values():
            if reading.valid is not None:
                verdicts[reading.kind] = verdicts.get(reading.kind, False) or reading.valid
        return self._mode == NO_FIX_MODE or not all(verdicts.values())

    def _kind(self) -> FixKind:
        kinds = [reading.fix for reading in self._said.values() if reading.fix is not None]
        return max(kinds, key=FIX_RANK.index)

    def _satellites(self) -> int | None:
        """Of several talkers' counts the largest: some count their own constellation only."""
        counts = [reading.satellites for reading in self._said.values()]
        return max((count for count in counts if count is not None), default=None)

    def _first(self, field: str, kinds: tuple[str, str]) -> float | None:
        """Return the value from the first of the kinds that has one."""
        for kind in kinds:
            for reading in self._said.values():
                value: float | None = getattr(reading, field)
                if reading.kind == kind and value is not None:
                    return value
        return None
