"""What Grafana may see: incidents, and the positions of open ones until they end."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from msgspec.structs import asdict

from contract.messages import Location
from dispatcher.incident import fixes
from dispatcher.message import Message
from dispatcher.routing import NEWS, Route
from telemetry_store.rows import IncidentRow, ReleasedPosition

if TYPE_CHECKING:
    from dispatcher.store.positions import PositionRecord
    from telemetry_store.port import ReleasedStore

_NO_BOOT: Final = "00000000"
"""A position in a panic is no numbered report; its own number stands for `seq`."""


class ReleaseChannel:
    """Writes to the released bucket through the telemetry store."""

    route = Route("release", reasons=(NEWS - {"escalated"}) | {"position"})

    def __init__(self, store: "ReleasedStore", is_open: Callable[[str], bool]) -> None:
        """Take the store, and how to learn whether an incident is open at this moment."""
        self._store = store
        self._is_open = is_open

    def send(self, message: Message) -> None:
        """Write the incident, and its position while it is open; at its end delete them all."""
        incident = message.incident.incident
        if message.position is not None and message.incident.state != "closed":
            self._store.release([_released(incident, message.position)])
        self._store.release([_row(message)])
        # It may have been closed and sealed by another dispatcher while we were writing.
        if message.incident.state == "closed" or not self._is_open(incident):
            self._store.seal(incident)


def _row(message: Message) -> IncidentRow:
    return IncidentRow(
        incident=message.incident,
        changed_at=message.changed_at,
        presses=message.presses,
        dispatched_at=message.dispatched_at,
        on_scene_at=message.on_scene_at,
    )


def _released(incident: str, position: "PositionRecord") -> ReleasedPosition:
    fields = asdict(position.place)
    # What is dated in the future would stay the newest for ever.
    fields["time"] = fixes.fixed_at(position.place, position.arrived_at)
    location = Location(boot=_NO_BOOT, seq=position.id, **fields)
    return ReleasedPosition(incident=incident, device=position.device, location=location)
