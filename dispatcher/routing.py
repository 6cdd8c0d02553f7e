"""Which channels take what: the class of an incident decides, and why something is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from contract.messages import IncidentClass
from dispatcher.records import Reason

ALERTS: frozenset[Reason] = frozenset({"raised", "pressed", "escalated"})
NEWS: frozenset[Reason] = ALERTS | {"changed"}
ALL_CLASSES: frozenset[IncidentClass] = frozenset({"production", "test", "canary"})
PRODUCTION: frozenset[IncidentClass] = frozenset({"production"})


@dataclass(frozen=True)
class Route:
    """What one channel takes; a test or a canary never reaches a production channel."""

    channel: str
    reasons: frozenset[Reason] = NEWS
    classes: frozenset[IncidentClass] = PRODUCTION


@dataclass(frozen=True)
class Routing:
    """All channels that are configured."""

    routes: Sequence[Route] = field(default_factory=tuple)

    def channels(self, class_: IncidentClass, reason: Reason) -> list[str]:
        """Return the names of the channels that take this."""
        return [
            route.channel
            for route in self.routes
            if class_ in route.classes and reason in route.reasons
        ]
