"""The circle in which to search: how far the holder can be from the last fix by now. Pure.

    radius = accuracy + max(last speed, top speed of the mode) * age

The reach model of search theory (B. O. Koopman, Search and Screening, 1946; in land search the
"theoretical zone" of the International Search and Rescue field guides): whoever can go no faster
than v is, t after being seen, within v * t. It is a bound and no probability: most people are
found nearer. Ages are counted from the time of the fix, never from its arrival.

Top speeds, m/s:

| mode | m/s | source |
|---|---|---|
| taxi | 33.3 | 120 km/h: Taiwan's highest limit, 110 on freeways, and the 10 km/h of tolerance |
| hike | 1.67 | 6 km/h, the maximum of Tobler's hiking function (NCGIA report 93-1, 1993) |
| walk | 2.0 | where people begin to run (Hreljac, Med. Sci. Sports Exerc. 25, 1993) |
| other, unknown | 13.9 | 50 km/h, the limit where no sign says otherwise (Taiwan's road safety rules, 93): the holder may have been taken into a car |
"""  # noqa: E501 - a table's line

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from contract.messages import JourneyMode

UNKNOWN_ACCURACY_M: Final = 150.0
"""Where the tracker gave none: the larger radius that the FCC asks of handsets for emergency calls
(47 CFR 9.10(h))."""
WHOLE_EARTH_M: Final = 20_037_508.0
"""Half of the equator: nobody is farther away."""
DEFAULT_TOP_SPEED: Final = 13.9
TOP_SPEEDS: "Final[dict[JourneyMode, float]]" = {
    "taxi": 33.3,
    "hike": 1.67,
    "walk": 2.0,
    "other": DEFAULT_TOP_SPEED,
}


@dataclass(frozen=True)
class Reach:
    """How a circle grows from its fix: metres at once, then metres each second."""

    accuracy: float
    speed: float
    fixed_at: int

    def age_ms(self, now: int) -> int:
        """Return the age of the fix; one from the future is as if fixed now."""
        return max(0, now - self.fixed_at)

    def radius(self, now: int) -> float:
        """Return the radius in metres; with a later `now` it is never smaller."""
        return min(WHOLE_EARTH_M, self.accuracy + self.speed * self.age_ms(now) / 1000)


def reach(
    fixed_at: int,
    *,
    accuracy: float | None = None,
    speed: float | None = None,
    mode: "JourneyMode | None" = None,
) -> Reach:
    """Return how far a holder can be from a fix; `mode` None: nobody knows how they go."""
    top = DEFAULT_TOP_SPEED if mode is None else TOP_SPEEDS[mode]
    known = UNKNOWN_ACCURACY_M if accuracy is None else accuracy
    return Reach(known, max(speed or 0.0, top), fixed_at)
