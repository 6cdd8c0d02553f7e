"""Which of several fixes is shown. Times: ms since 1970 UTC."""

from typing import TYPE_CHECKING

from contract.limits import BAD_CLOCK_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contract.salvage import Place
    from dispatcher.records import PressRecord


def is_plausible(place: "Place", arrived_at: int) -> bool:
    """Say whether the fix has a time that can be true; how old others are nobody knows."""
    return place.time is not None and place.time <= arrived_at + BAD_CLOCK_MS


def fixed_at(place: "Place", arrived_at: int) -> int:
    """Return when the fix was, as far as it can be believed: never later than its arrival."""
    if place.time is None:
        return arrived_at
    return min(place.time, arrived_at)


def rank(place: "Place", arrived_at: int) -> tuple[bool, int, int]:
    """Return what orders fixes: the newest plausible one is the best, of equals the last to come.

    An implausible fix comes after all others, by its arrival.
    """
    return is_plausible(place, arrived_at), fixed_at(place, arrived_at), arrived_at


def is_better(place: "Place", arrived_at: int, press: "PressRecord") -> bool:
    """Say whether a fix that arrives is better than the one that the press has."""
    if press.place is None:
        return True
    return rank(place, arrived_at) >= rank(press.place, press.placed_at or press.received_at)


def best(presses: "Sequence[PressRecord]") -> "PressRecord | None":
    """Return the press that has the best fix of all, None when none has one."""
    found = None
    for press in presses:
        if press.place is None:
            continue
        if found is None or is_better(press.place, press.placed_at or press.received_at, found):
            found = press
    return found
