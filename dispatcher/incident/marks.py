"""What is noteworthy about a panic, and about its incident: functions of data and times in ms."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from contract.limits import BAD_CLOCK_MS, LATE_MS, STALE_FIX_MS
from contract.messages import IncidentMark
from dispatcher.incident import fixes

if TYPE_CHECKING:
    from contract.salvage import PanicReading
    from dispatcher.incident.codes import Outcome
    from dispatcher.records import PressRecord

ORDER: Final[tuple[IncidentMark, ...]] = (
    "duress", "wrong_code", "cancel_requested", "unreadable",
    "late", "no_fix", "stale_fix", "bad_clock",
)  # fmt: skip
"""The order in which marks are shown."""

ABOUT_THE_FIX: Final[frozenset[IncidentMark]] = frozenset({"no_fix", "stale_fix"})
"""These follow the best fix known; all others stay once they are there."""

_OF_CODE: Final[dict["Outcome", tuple[IncidentMark, ...]]] = {
    "verified": (),
    "wrong": ("wrong_code",),
    "duress": ("duress",),
}


def of_arrival(reading: "PanicReading", arrived_at: int) -> list[IncidentMark]:
    """Return the marks of a panic that arrives for the first time."""
    return _sorted({*of_update(reading, arrived_at), *_late(reading, arrived_at)})


def of_update(reading: "PanicReading", arrived_at: int) -> list[IncidentMark]:
    """Return the marks of a later sending: only the first arrival can be late."""
    found = _of_fix(reading, arrived_at)
    if any(abs(each) > BAD_CLOCK_MS for each in _disagreements(reading, arrived_at)):
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


def after_code(known: Iterable[IncidentMark], outcome: "Outcome") -> list[IncidentMark]:
    """Return a press's marks after a typed code was compared with the holder's."""
    return _sorted({*known, *_OF_CODE[outcome]})


def of_incident(presses: Sequence["PressRecord"]) -> list[IncidentMark]:
    """Return the marks of an incident: all of its presses', the fix's judged by the newest."""
    kept = {mark for press in presses for mark in press.marks if mark not in ABOUT_THE_FIX}
    panics = [press for press in presses if press.origin == "panic"]
    if not panics:
        return _sorted(kept)
    best = fixes.best(panics)
    if best is None:
        return _sorted(kept | {"no_fix"})
    pressed_at = max(_plausibly_pressed_at(press) for press in panics)
    if "stale_fix" in best.marks or pressed_at - (best.fixed_at or 0) > STALE_FIX_MS:
        kept.add("stale_fix")
    return _sorted(kept)


def _of_fix(reading: "PanicReading", arrived_at: int) -> set[IncidentMark]:
    """Judge the fix. One without a time breaks the contract, and cannot be shown to be fresh."""
    if reading.place is None:
        return {"no_fix"}
    if reading.place.time is None:
        return {"unreadable", "stale_fix"}
    is_stale = _pressed_at(reading, arrived_at) - reading.place.time > STALE_FIX_MS
    return {"stale_fix"} if is_stale else set()


def _disagreements(reading: "PanicReading", arrived_at: int) -> Iterator[int]:
    """Yield by how many ms clocks disagree.

    A press may be old when it arrives, a fix older still: neither can be newer than the arrival.
    """
    if reading.sent_at is not None:
        yield arrived_at - reading.sent_at
    by_age = _pressed_by_age(reading)
    if by_age is not None and reading.pressed_at is not None:
        yield by_age - reading.pressed_at
    if reading.pressed_at is not None:
        yield max(0, reading.pressed_at - arrived_at)
    if reading.place is not None and reading.place.time is not None:
        yield max(0, reading.place.time - arrived_at)


def _late(reading: "PanicReading", arrived_at: int) -> set[IncidentMark]:
    """Judge by the tracker's monotonic clock where it says, else by the clocks."""
    age = reading.age_ms
    if age is None and reading.pressed_at is not None:
        age = arrived_at - reading.pressed_at
    return {"late"} if (age or 0) > LATE_MS else set()


def _pressed_at(reading: "PanicReading", arrived_at: int) -> int:
    """Return the latest time of the press that the panic says, never one after its arrival."""
    said = [each for each in (reading.pressed_at, _pressed_by_age(reading)) if each is not None]
    return min(max(said, default=arrived_at), arrived_at)


def _pressed_by_age(reading: "PanicReading") -> int | None:
    """Return the time of the press by the tracker's clock as it stood at the sending."""
    if reading.sent_at is None or reading.age_ms is None:
        return None
    return reading.sent_at - reading.age_ms


def _plausibly_pressed_at(press: "PressRecord") -> int:
    said = press.received_at if press.pressed_at is None else press.pressed_at
    return min(said, press.received_at)


def _sorted(marks: Iterable[IncidentMark]) -> list[IncidentMark]:
    return sorted(marks, key=ORDER.index)
