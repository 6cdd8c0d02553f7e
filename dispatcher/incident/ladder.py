"""When an unacknowledged incident escalates. Times: ms since 1970 UTC."""

from dataclasses import dataclass

from contract.limits import LADDER_REPEAT_S, LADDER_S


@dataclass(frozen=True)
class Step:
    """One rung: its number from 0 (the raise itself), when it falls due, the ladder's start."""

    number: int
    due_at: int
    armed_at: int


def due_at(armed_at: int, number: int) -> int:
    """Return when step `number` of a ladder armed at `armed_at` falls due."""
    last = len(LADDER_S) - 1
    beyond = max(0, number - last) * LADDER_REPEAT_S
    return armed_at + (LADDER_S[min(number, last)] + beyond) * 1000


def following(armed_at: int, fired: int, now: int) -> Step:
    """Return the step after `fired`.

    A missed rung keeps its time, which has passed, so it fires at once: each may have channels of
    its own. Missed repetitions are one: what fires `now` stands for all of them. Where the clock
    has been set back, the ladder's start is moved so that `fired` was due now.
    """
    number = fired + 1
    armed_at -= max(0, due_at(armed_at, fired) - now)
    if number >= len(LADDER_S) and due_at(armed_at, number) <= now:
        missed = (now - due_at(armed_at, number)) // (LADDER_REPEAT_S * 1000) + 1
        number += missed
    return Step(number, due_at(armed_at, number), armed_at)
