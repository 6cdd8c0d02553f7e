"""What a tracker is told while it is followed, and when anew. Pure; times: ms since 1970 UTC."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from contract.messages import CommandAction
    from dispatcher.store.commands import CommandRecord

FAST_S: Final = 1
"""A car is 14 m further."""
FAST_FOR_MS: Final = 600_000
"""In the first ten minutes somebody is on the way."""
STEADY_S: Final = 5
"""Later: an incident may last for hours, and the battery has to."""
LOW_BATTERY_PERCENT: Final = 20
LOW_S: Final = 10
"""On a low battery, from the next renewal: as rarely as an agent's own updates of a panic."""
ORDER_FOR_S: Final = 600
"""A tracker that hears no more of us goes back by itself after so long."""
RENEW_MS: Final = 300_000
"""Half of that, so that a renewal may be lost for five minutes."""
REPORT_EXPIRES_S: Final = 120
END_EXPIRES_S: Final = 600
"""After so long the last order has ended by itself."""
IN_FORCE_MS: Final = 2 * ORDER_FOR_S * 1000
"""An order may lie at a broker until it expires and is then obeyed for its whole time."""
PAUSES_S: Final = (5, 10, 20, 40, 60)
"""Between the sendings of a command: a tracker on 2G confirms within 3 s, one in a tunnel returns
within minutes and is then told at once."""

Why = Literal["begin", "renew", "end"]


@dataclass(frozen=True)
class Order:
    """One command that is to be given, and why."""

    action: "CommandAction"
    why: Why
    expires_s: int
    interval_s: int | None = None
    for_s: int | None = None


def pace_s(opened_at: int, battery: int | None, now: int) -> int:
    """Return the seconds between two reports of a tracker whose incident is open so long."""
    if battery is not None and battery <= LOW_BATTERY_PERCENT:
        return LOW_S
    return FAST_S if now - opened_at < FAST_FOR_MS else STEADY_S


def is_due(known: "CommandRecord | None", now: int, *, followed: bool) -> bool:
    """Say whether a tracker is to be told something; `known` is its newest order of an interval."""
    ordered = known is not None and bool(known.for_s) and now < known.created_at + IN_FORCE_MS
    if not followed or known is None or not ordered:
        return ordered != followed
    # A clock that was set back must not let an order run out.
    return not 0 <= now - known.created_at < RENEW_MS


def orders(
    known: "CommandRecord | None", now: int, *, opened_at: int | None, battery: int | None
) -> list[Order]:
    """Return what a tracker is told now; `opened_at` None: none of its incidents is open."""
    if not is_due(known, now, followed=opened_at is not None):
        return []
    if opened_at is None:
        return [Order("interval", "end", END_EXPIRES_S, interval_s=STEADY_S, for_s=0)]
    renewed = known is not None and bool(known.for_s) and now < known.created_at + IN_FORCE_MS
    order = Order(
        "interval",
        "renew" if renewed else "begin",
        ORDER_FOR_S,
        interval_s=pace_s(opened_at, battery, now),
        for_s=ORDER_FOR_S,
    )
    return [order] if renewed else [Order("report", "begin", REPORT_EXPIRES_S), order]


def pause_ms(attempts: int) -> int:
    """Return the pause after the sending of this number, from 1."""
    return PAUSES_S[min(attempts, len(PAUSES_S)) - 1] * 1000
