"""Whether every open incident has a valid next step. Pure. Times: ms since 1970 UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from dispatcher.records import TimerKind

OVERDUE_MS: Final = 60_000
"""A timer this late breaks whenever it is fired, or nobody fires it."""

Fault = Literal["missing", "unknown", "too_far", "overdue"]


@dataclass(frozen=True)
class Planned:
    """A timer as it is stored, of whatever kind."""

    kind: str
    due_at: int


@dataclass(frozen=True)
class Watched:
    """An open incident, as far as its next step depends on it."""

    id: str
    class_: str
    unacknowledged: bool
    state: str
    review_at: int | None

    @property
    def needs(self) -> TimerKind | None:
        """Return the kind of timer that it must have; None: a person is at work on it."""
        if self.class_ != "production":
            return "expire"
        if self.unacknowledged:
            return "escalate"
        return "progress" if self.state == "acknowledged" and self.review_at is None else None


@dataclass(frozen=True)
class Finding:
    """What is wrong with an incident's next step."""

    incident: str
    fault: Fault
    needs: TimerKind | None


def findings(
    watched: Watched, planned: Sequence[Planned], now: int, furthest: Mapping[TimerKind, int]
) -> list[Finding]:
    """Return what is wrong with one incident, nothing when it has a valid next step."""
    faults: list[Fault] = []
    if any(each.kind not in furthest for each in planned):
        faults.append("unknown")
    needs = watched.needs
    if needs is not None:
        own = next((each for each in planned if each.kind == needs), None)
        if own is None:
            faults.append("missing")
        elif own.due_at > now + furthest[needs]:
            faults.append("too_far")
        elif own.due_at < now - OVERDUE_MS:
            faults.append("overdue")
    return [Finding(watched.id, fault, needs) for fault in faults]
