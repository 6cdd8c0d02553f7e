"""Giving an incident to the jurisdiction of its place, within one transaction."""

from typing import TYPE_CHECKING

from dispatcher.store import incidents
from dispatcher.transactions.change import Change

if TYPE_CHECKING:
    from dispatcher.routing import Routing
    from dispatcher.store.engine import Connection


def relocate(
    connection: "Connection", incident: str, routing: "Routing", now: int
) -> Change | None:
    """Do it, and tell the channels; None where there is nothing to change."""
    record = incidents.find(connection, incident, lock=True)
    if record is None or not record.open:
        return None
    before = record.jurisdiction
    change = Change(connection, record, routing, now)
    change.locate()
    if record.jurisdiction == before:
        return None
    change.alert("changed")
    known = routing.jurisdictions.find(record.jurisdiction or "")
    change.commit("updated", note=None if known is None else known.name)
    return change
