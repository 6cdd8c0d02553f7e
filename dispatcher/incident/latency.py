"""How long things took, where clocks can say so. Times: ms; results: seconds, never negative."""

from typing import TYPE_CHECKING, Final

from contract.messages import IncidentMark
from dispatcher.incident import marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract.salvage import PanicReading
    from dispatcher.answers import HistoryEntry
    from dispatcher.records import PressRecord

_SAYS_NOTHING: Final[frozenset[IncidentMark]] = frozenset({"bad_clock", "late", "unreadable"})
"""A press with one of these was made at a time that nobody knows, or long ago."""


def press_to_arrival_s(reading: "PanicReading", arrived_at: int) -> float | None:
    """Return the time from the press to the arrival; None where the clocks cannot say.

    At least the age that the tracker measured with its monotonic clock, whatever its wall clock
    says.
    """
    pressed_at, age = reading.pressed_at, reading.age_ms or 0
    if reading.sent_at is not None and reading.age_ms is not None:
        pressed_at = reading.sent_at - reading.age_ms
    if pressed_at is None or _SAYS_NOTHING.intersection(marks.of_arrival(reading, arrived_at)):
        return None
    return max(arrived_at - pressed_at, age, 0) / 1000


def waits_s(
    presses: "Iterable[PressRecord]", history: "Sequence[HistoryEntry]", now: int
) -> list[float]:
    """Return how long the trackers' presses have waited that are acknowledged `now`.

    A press of an incident that was reopened has waited since then.
    """
    reopened_at = max((line.at for line in history if line.event == "reopened"), default=0)
    return [
        max(0, now - max(press.alerted_at, reopened_at)) / 1000
        for press in presses
        if press.origin == "panic" and press.acknowledged_at == now
    ]
