"""What a channel is given to send, made from the database at the moment of sending.

So a message that comes late says how things stand now: `incident.version` orders what arrives.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from contract.messages import Incident
from dispatcher import views
from dispatcher.answers import Place
from dispatcher.incident import fixes
from dispatcher.records import DeliveryRecord, IncidentRecord, PressRecord, Reason
from dispatcher.store import incidents, last_places, positions, presses
from dispatcher.store.positions import PositionRecord

if TYPE_CHECKING:
    from dispatcher.store.engine import Connection


class Message(Struct, frozen=True, kw_only=True):
    """One delivery. `id` stays the same over retries and over all dispatchers."""

    id: str
    reason: Reason
    at: int
    incident: Incident
    presses: int
    changed_at: int
    silent: bool
    step: int | None = None
    dispatched_at: int | None = None
    on_scene_at: int | None = None
    place: Place | None = None
    note: str | None = None
    position: PositionRecord | None = None


def message_id(incident: str, number: int) -> str:
    """Return what receivers de-duplicate on: the incident's id and its count of alerts."""
    return f"{incident}.{number}"


def load(connection: "Connection", delivery: DeliveryRecord) -> Message:
    """Return what a pending delivery says now."""
    record = incidents.find(connection, delivery.incident)
    if record is None:
        raise LookupError(f"delivery {delivery.id} belongs to no incident")
    pressed = presses.of(connection, record.id)
    return Message(
        id=message_id(record.id, delivery.number),
        reason=delivery.reason,
        at=delivery.created_at,
        incident=public(record),
        presses=record.presses,
        changed_at=record.changed_at,
        silent=record.silent,
        step=delivery.step,
        dispatched_at=record.dispatched_at,
        on_scene_at=record.on_scene_at,
        place=views.place(record, pressed, last_places.find(connection, record.id)),
        note=next((each.note for each in reversed(pressed) if each.note), None),
        position=_position(connection, delivery, pressed),
    )


def _position(
    connection: "Connection", delivery: DeliveryRecord, pressed: Sequence[PressRecord]
) -> PositionRecord | None:
    """Return what the delivery releases; an implausible fix only while there is no other."""
    if delivery.position is None:
        return None
    position = positions.find(connection, delivery.position)
    best = fixes.best(pressed)
    if position is None or best is None or best.place is None:
        return position
    if fixes.is_plausible(position.place, position.arrived_at):
        return position
    has_other = fixes.is_plausible(best.place, best.placed_at or best.received_at)
    return None if has_other else position


def public(record: IncidentRecord) -> Incident:
    """Return an incident as other systems see it: no name, number, plate or position."""
    return Incident(
        incident=record.id,
        version=record.version,
        class_=record.class_,
        origin=record.origin,
        state=record.outward_state,
        priority=record.priority,
        marks=record.marks,
        opened_at=record.opened_at,
        kind=record.kind,
        device=record.device,
        pressed_at=record.pressed_at,
        acknowledged_at=record.outward_acknowledged_at,
        closed_at=record.closed_at,
        disposition=record.disposition,
        jurisdiction=record.jurisdiction,
    )
