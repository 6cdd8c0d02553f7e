"""What is said next in an incident's CAP thread: Alert, Update, Cancel, or nothing. Pure.

An Update or Cancel references every message that may be live at the receiver: sent, perhaps
arrived, neither superseded by one that has surely arrived nor expired (CAP 1.2, 3.2.1).
Times: ms since 1970 UTC, whole seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

Kind = Literal["Alert", "Update", "Cancel"]
Skip = Literal["superseded", "reopened", "told", "unchanged", "never_live"]

LIVES_MS: Final = 86_400_000
"""An unacknowledged incident is said again every two minutes; an acknowledged one within a day."""
POSITION_EVERY_MS: Final = 60_000
"""At most one Update a minute for a position alone: people read them."""


class Sent(Struct, kw_only=True, frozen=True):
    """One message of a thread. `done`: it has surely arrived; else it may have.

    `refers`: identifiers that it supersedes. `closed`: it says that the incident is over.
    `placed_at`: of the position that it carries; `positional`: that was the only reason.
    """

    identifier: str
    kind: Kind
    sent: int
    expires: int
    version: int
    refers: tuple[str, ...] = ()
    done: bool = False
    closed: bool = False
    positional: bool = False
    placed_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class News:
    """What there is to say: an incident's version now, and why."""

    identifier: str
    version: int
    closed: bool
    reason: str
    now: int
    placed_at: int | None = None


@dataclass(frozen=True)
class Decision:
    """What to send, and the messages that it references; or why nothing, or when."""

    message: Sent | None
    references: tuple[Sent, ...] = ()
    skip: Skip | None = None
    wait_ms: int = 0


def decide(thread: Sequence[Sent], news: News) -> Decision:
    """Return what the thread's next message is."""
    own = next((each for each in thread if each.identifier == news.identifier), None)
    others = [each for each in thread if each.identifier != news.identifier]
    skip = _of_retry(own, thread, news) or _of_news(others, news)
    if skip is not None:
        return Decision(None, skip=skip)
    wait_ms = _too_early(others, news)
    if wait_ms:
        return Decision(None, wait_ms=wait_ms)
    return _first(others, news) if own is None else _again(own, others, news)


def live(thread: Sequence[Sent], now: int) -> tuple[Sent, ...]:
    """Return what may stand at a receiver: neither superseded nor expired."""
    superseded = {name for each in thread if each.done for name in each.refers}
    return tuple(
        each
        for each in thread
        if each.kind != "Cancel" and each.expires > now and each.identifier not in superseded
    )


def _again(own: Sent, others: Sequence[Sent], news: News) -> Decision:
    """Repeat what may have arrived: what it is and supersedes must not differ between its copies.

    Its version stays too: the receiver may have the first copy, which says no more than that.
    """
    again = replace(own, positional=news.reason == "position")
    return Decision(again, tuple(each for each in others if each.identifier in own.refers))


def _first(others: Sequence[Sent], news: News) -> Decision:
    known = live(others, news.now)
    if not news.closed:
        return _say("Update" if known else "Alert", known, others, news)
    if known:
        return _say("Cancel", known, others, news)
    if any(each.done for each in others):
        return Decision(None, skip="never_live")
    return _say("Alert", (), others, news)  # told once, and over at once


def _of_retry(own: Sent | None, thread: Sequence[Sent], news: News) -> Skip | None:
    """Say why a message that may have arrived already need not come again."""
    if own is None:
        return None
    if any(own.identifier in each.refers for each in thread if each.done):
        return "superseded"
    return "reopened" if own.closed and not news.closed else None


def _of_news(others: Sequence[Sent], news: News) -> Skip | None:
    """Say why there is nothing new; an alert of an open incident always is."""
    told = max((each.version for each in others if each.done), default=-1)
    if news.closed:
        over = any(each.closed and each.version >= news.version for each in others if each.done)
        return "told" if over else None
    if news.reason == "changed" and told >= news.version:
        return "told"
    if news.reason == "position":
        placed = max((each.placed_at or 0 for each in others if each.done), default=0)
        return "unchanged" if news.placed_at is None or news.placed_at <= placed else None
    return None


def _too_early(others: Sequence[Sent], news: News) -> int:
    if news.reason != "position" or news.closed:
        return 0
    last = max((each.sent for each in others if each.positional), default=None)
    if last is None or last > news.now:  # a clock that has since been set back
        return 0
    return max(0, last + POSITION_EVERY_MS - news.now)


def _say(kind: Kind, known: tuple[Sent, ...], others: Sequence[Sent], news: News) -> Decision:
    # Never before what it supersedes, whatever the clock says.
    sent = max([news.now // 1000 * 1000, *(each.sent for each in others)])
    over = news.closed and kind == "Alert"
    message = Sent(
        identifier=news.identifier,
        kind=kind,
        sent=sent,
        expires=sent if over else sent + LIVES_MS,
        version=news.version,
        refers=tuple(each.identifier for each in known),
        closed=news.closed,
        positional=news.reason == "position",
        placed_at=news.placed_at,
    )
    return Decision(message, known)
