"""From a line's edges to presses: the hold time, and the button that never comes free."""

from dataclasses import dataclass

STUCK_S = 60.0
"""Nobody holds a button for a minute: it is jammed, or its line is broken."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The line became active or inactive, at monotonic seconds."""

    active: bool
    at: float


@dataclass(frozen=True, slots=True)
class Raised:
    """The button was held long enough; `at` is when that was."""

    at: float


@dataclass(frozen=True, slots=True)
class StuckChange:
    """The button became stuck, or came free again."""

    stuck: bool


Outcome = Raised | StuckChange


class Hold:
    """One button. Times are those of the edges themselves, not of their arrival here."""

    def __init__(self, hold_s: float) -> None:
        """Take how long the button has to be held."""
        self._hold_s = hold_s
        self._active_since: float | None = None
        self._raised = False
        self._stuck = False

    def start(self, at: float, *, active: bool) -> list[Outcome]:
        """Take the line's state at the agent's start; active raises at once, once.

        For how long it was held before is not known, and nothing eats an alarm.
        """
        if not active:
            return []
        self._active_since, self._raised = at, True
        return [Raised(at)]

    def edge(self, edge: Edge) -> list[Outcome]:
        """Take a change of the line; one that repeats the known state says nothing."""
        outcomes = self.tick(edge.at)
        if edge.active and self._active_since is None:
            self._active_since, self._raised = edge.at, False
            outcomes += self.tick(edge.at)
        elif not edge.active and self._active_since is not None:
            self._active_since = None
            if self._stuck:
                self._stuck = False
                outcomes.append(StuckChange(stuck=False))
        return outcomes

    def tick(self, now: float) -> list[Outcome]:
        """Let time pass; to be called only when no edge before `now` can still come."""
        outcomes: list[Outcome] = []
        if self._active_since is None:
            return outcomes
        if not self._raised and now >= self._active_since + self._hold_s:
            self._raised = True
            outcomes.append(Raised(self._active_since + self._hold_s))
        if not self._stuck and now >= self._active_since + STUCK_S:
            self._stuck = True
            outcomes.append(StuckChange(stuck=True))
        return outcomes

    def deadline(self) -> float | None:
        """Return when `tick` will next have something to say."""
        if self._active_since is None:
            return None
        if not self._raised:
            return self._active_since + self._hold_s
        return None if self._stuck else self._active_since + STUCK_S
