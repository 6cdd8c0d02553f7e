"""Which channels take what: the class of an incident decides, why something is sent, and the step.

Consoles are no channels: they see every step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from contract.messages import IncidentClass
from dispatcher.escalation.ladder import Call, Ladder, default_ladder
from dispatcher.jurisdiction.table import NOWHERE, Jurisdictions
from dispatcher.records import Reason

ALERTS: frozenset[Reason] = frozenset({"raised", "pressed", "escalated"})
NEWS: frozenset[Reason] = ALERTS | {"changed"}
ALL_CLASSES: frozenset[IncidentClass] = frozenset({"production", "test", "canary"})
PRODUCTION: frozenset[IncidentClass] = frozenset({"production"})
ALWAYS: frozenset[str] = frozenset({"log", "mqtt", "release"})
"""Channels in every step: what they tell is not read by a person who could be called too early."""
RECORDERS: frozenset[str] = frozenset({"log", "mqtt"})
"""Channels that programs read, each message with its class; they alone take all of them."""


@dataclass(frozen=True)
class Route:
    """What one channel takes; a test or a canary never reaches a production channel."""

    channel: str
    reasons: frozenset[Reason] = NEWS
    classes: frozenset[IncidentClass] = PRODUCTION

    def __post_init__(self) -> None:
        """Refuse a channel of people that would take tests beside production."""
        mixed = self.classes & PRODUCTION and self.classes != PRODUCTION
        if not self.classes or (mixed and self.channel not in RECORDERS):
            raise ValueError(
                f"{self.channel} takes {sorted(self.classes)}: production alone, or not"
            )


@dataclass(frozen=True)
class Routing:
    """All channels that are configured, and the ladder that says which step calls which."""

    routes: Sequence[Route] = field(default_factory=tuple)
    ladder: Ladder = field(default_factory=default_ladder)
    jurisdictions: Jurisdictions = NOWHERE

    def channels(
        self, class_: IncidentClass, reason: Reason, step: int | None = None, *, at: int = 0
    ) -> list[str]:
        """Return the names of the channels that take this: an alert's by its step at an instant."""
        if step is None:
            return self._taking(class_, reason)
        return self.called(class_, reason, self.ladder.call(step, at))

    def called(self, class_: IncidentClass, reason: Reason, call: Call) -> list[str]:
        """Return the channels of a call; all where it would reach no channel that it names."""
        taking = self._taking(class_, reason)
        if reason not in ALERTS or call.channels is None:
            return taking
        chosen = [name for name in taking if name in call.channels or name in ALWAYS]
        reached = bool(set(chosen) - ALWAYS) or not call.channels  # else only people at consoles
        return chosen if reached else taking

    def responsible(self, channels: Sequence[str], jurisdiction: str | None) -> list[str]:
        """Return the channels that serve a jurisdiction; all where that would call no people."""
        chosen = self.jurisdictions.responsible(channels, jurisdiction)
        return chosen if set(chosen) - ALWAYS else list(channels)

    def _taking(self, class_: IncidentClass, reason: Reason) -> list[str]:
        return [
            route.channel
            for route in self.routes
            if class_ in route.classes and reason in route.reasons
        ]
