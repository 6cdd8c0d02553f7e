"""What a channel is given to send, made from the database at the moment of sending.

So a message that comes late says how things stand now: `incident.version` orders what arrives.
"""

from typing import TYPE_CHECKING

from msgspec import Struct

from contract.messages import Incident
from dispatcher import views
from dispatcher.answers import Place
from dispatcher.records import DeliveryRecord, IncidentRecord, Reason
from dispatcher.store import incidents, positions, presses
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
    position = None
    if delivery.position is not None:
        position = positions.find(connection, delivery.position)
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
        place=views.place(record, pressed),
        note=next((each.note for each in reversed(pressed) if each.note), None),
        position=position,
    )


def public(record: IncidentRecord) -> Incident:
    """Return an incident as other systems see it: no name, number, plate or position."""
    return Incident(
        incident=record.id,
        version=record.version,
        class_=record.class_,
        origin=record.origin,
        state=record.state,
        priority=record.priority,
        marks=record.marks,
        opened_at=record.opened_at,
        kind=record.kind,
        device=record.device,
        pressed_at=record.pressed_at,
        acknowledged_at=record.acknowledged_at,
        closed_at=record.closed_at,
        disposition=record.disposition,
    )
