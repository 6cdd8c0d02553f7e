"""Bringing two incidents together: linked both go on, merged one of them does."""

from typing import TYPE_CHECKING

from dispatcher.errors import RefusedError
from dispatcher.store import incidents, links, positions, presses

if TYPE_CHECKING:
    from dispatcher.records import IncidentRecord
    from dispatcher.transactions.change import Change
    from dispatcher.transactions.wanted import Act


def link(change: "Change", other: "Change", wanted: "Act") -> "Change":
    """Note on both that they belong together.

    Raises:
        RefusedError: the other one was merged, or it is the same.
    """
    _refuse_gone(change.incident, other.incident)
    ids = change.incident.id, other.incident.id
    if links.add(change.connection, *ids, change.now, wanted.actor):
        for each, its in ((change, other), (other, change)):
            each.commit("linked", actor=wanted.actor, note=wanted.note or its.incident.device)
        change.also.append(other)
    return change


def merge(gone: "Change", survivor: "Change", wanted: "Act") -> "Change":
    """Let one incident go into another; return the other one's change.

    Raises:
        RefusedError: the two are not one case, or the other one is closed.
    """
    left, kept = gone.incident, survivor.incident
    _refuse_gone(left, kept)
    if not kept.open:
        raise RefusedError("other_closed", incident=kept.id)
    if left.class_ != kept.class_:
        raise RefusedError("other_class", incident=kept.id)
    if left.device is not None and kept.device not in (None, left.device):
        raise RefusedError("other_tracker", incident=kept.id)
    return merge_into(survivor, gone, wanted, calls=left.unacknowledged)


def merge_into(survivor: "Change", gone: "Change", wanted: "Act", *, calls: bool) -> "Change":
    """Move all that one incident has into another; `calls`: something of it waits for a person."""
    _hand_on(gone.incident, survivor.incident)
    _move_presses(gone, survivor)
    _end(gone, survivor.incident.id, wanted)
    moved = positions.move(gone.connection, gone.incident.id, survivor.incident.id)
    for number in moved:
        survivor.release(number)
    if calls:
        survivor.incident.acknowledged_at = survivor.incident.acknowledged_by = None
        survivor.alert_again()
    else:
        survivor.alert("changed")
    survivor.commit("merged", actor=wanted.actor, note=wanted.note)
    survivor.also.append(gone)
    return survivor


def _refuse_gone(incident: "IncidentRecord", other: "IncidentRecord") -> None:
    if incident.id == other.id:
        raise RefusedError("same_incident")
    if other.merged_into is not None:
        raise RefusedError("merged", incident=other.merged_into)


def _hand_on(gone: "IncidentRecord", survivor: "IncidentRecord") -> None:
    """Fill what the survivor does not know."""
    for name in ("device", "phone", "case_number", "pressed_at", "jurisdiction"):
        if getattr(survivor, name) is None:
            setattr(survivor, name, getattr(gone, name))
    survivor.unheeded = survivor.unheeded or gone.unheeded


def _move_presses(gone: "Change", survivor: "Change") -> None:
    for press in gone.presses:
        press.incident = survivor.incident.id
        press.number = len(survivor.presses) + 1
        presses.save(survivor.connection, press)
        survivor.presses.append(press)
    gone.presses = []


def _end(gone: "Change", survivor: str, wanted: "Act") -> None:
    """Close what is left; it is stored before the survivor, which may take its tracker over."""
    incident = gone.incident
    incident.merged_into = survivor
    incident.unheeded = incident.unacknowledged = False
    if incident.open:
        incident.state, incident.disposition = "closed", "duplicate"
        incident.closed_at, incident.closed_by = gone.now, wanted.actor
    gone.end()
    gone.alert("changed")
    gone.commit("merged", actor=wanted.actor, note=wanted.note)
    incidents.point_to(gone.connection, survivor, incident.id)
