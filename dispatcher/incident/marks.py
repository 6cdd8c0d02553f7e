"""What is noteworthy about a panic, and about its incident: functions of data and times in ms."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from contract.limits import BAD_CLOCK_MS, LATE_MS, STALE_FIX_MS
from contract.messages import IncidentMark

if TYPE_CHECKING:
    from contract.salvage import PanicReading
    from dispatcher.records import PressRecord

ORDER: Final[tuple[IncidentMark, ...]] = (
    "cancel_requested", "unreadable", "late", "no_fix", "stale_fix", "bad_clock",
)  # fmt: skip
"""The order in which marks are shown."""

ABOUT_THE_FIX: Final[frozenset[IncidentMark]] = frozenset({"no_fix", "stale_fix"})
"""These follow the best fix known; all others stay once they are there."""


def of_arrival(reading: "PanicReading", arrived_at: int) -> list[IncidentMark]:
    """Return the marks of a panic that arrives for the first time."""
    return _sorted({*of_update(reading, arrived_at), *_late(reading, arrived_at)})


def of_update(reading: "PanicReading", arrived_at: int) -> list[IncidentMark]:
    """Return the marks of a later sending: only the first arrival can be late."""
    found: set[IncidentMark] = set()
    if reading.place is None:
        found.add("no_fix")
    elif _pressed_at(reading, arrived_at) - (reading.place.time or arrived_at) > STALE_FIX_MS:
        found.add("stale_fix")
    if reading.sent_at is not None and abs(arrived_at - reading.sent_at) > BAD_CLOCK_MS:
        found.add("bad_clock")
    if reading.unreadable:
        found.add("unreadable")
    if reading.cancel:
        found.add("cancel_requested")
    return _sorted(found)


def merged(
    known: Iterable[IncidentMark], news: Iterable[IncidentMark], *, has_new_fix: bool
) -> list[IncidentMark]:
    """Return a press's marks after an update: those about the fix change only with a new fix."""
    fix = news if has_new_fix else known
    kept = {mark for mark in (*known, *news) if mark not in ABOUT_THE_FIX}
    return _sorted(kept | (ABOUT_THE_FIX & set(fix)))


def of_incident(presses: Sequence["PressRecord"]) -> list[IncidentMark]:
    """Return the marks of an incident: all of its presses', the fix's judged by the newest."""
    kept = {mark for press in presses for mark in press.marks if mark not in ABOUT_THE_FIX}
    panics = [press for press in presses if press.origin == "panic"]
    if not panics:
        return _sorted(kept)
    fixes = [press.fixed_at for press in panics if press.fixed_at is not None]
    pressed_at = max(press.pressed_at or press.received_at for press in panics)
    if not fixes:
        kept.add("no_fix")
    elif pressed_at - max(fixes) > STALE_FIX_MS:
        kept.add("stale_fix")
    return _sorted(kept)


def _late(reading: "PanicReading", arrived_at: int) -> set[IncidentMark]:
    """Judge by the tracker's monotonic clock where it says, else by the clocks."""
    age = reading.age_ms
    if age is None:
        age = arrived_at - _pressed_at(reading, arrived_at)
    return {"late"} if age > LATE_MS else set()


def _pressed_at(reading: "PanicReading", arrived_at: int) -> int:
    return arrived_at if reading.pressed_at is None else reading.pressed_at


def _sorted(marks: Iterable[IncidentMark]) -> list[IncidentMark]:
    return sorted(marks, key=ORDER.index)
