"""What a typed code means. The tracker never learns it: every code looks the same there."""

from typing import Final, Literal

from dispatcher.answers import Cancel

Outcome = Literal["verified", "wrong", "duress"]
"""The holder's PIN, none of theirs, the code that says the opposite."""

WRONG_MAX: Final = 5
"""Wrong codes of an incident after which its PIN is no longer believed: somebody tries numbers.
The duress code always is: it only brings help nearer."""

MIN_CHARS: Final = 4
"""Shorter ones are found by trying while the holder is asked to wait."""

_RANK: Final[tuple[Cancel | None, ...]] = (None, "requested", "wrong", "verified", "duress")


def outcome(*, is_pin: bool, is_duress: bool, wrong_before: int) -> Outcome:
    """Return what a typed code was, after so many wrong ones of the same incident."""
    if is_duress:
        return "duress"
    return "verified" if is_pin and wrong_before < WRONG_MAX else "wrong"


def graver(known: Cancel | None, news: Cancel | None) -> Cancel | None:
    """Return what an operator must know of several codes: duress outweighs all, for ever."""
    return max(known, news, key=_RANK.index)
