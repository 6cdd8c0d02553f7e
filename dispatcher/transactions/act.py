"""Carrying out what an operator asks, or what time brings, within one transaction."""

from typing import TYPE_CHECKING, Final

from dispatcher.errors import UnknownIncidentError
from dispatcher.incident import stages
from dispatcher.incident.states import Event
from dispatcher.store import incidents
from dispatcher.transactions import together, transfer
from dispatcher.transactions.change import Change
from dispatcher.transactions.merge import link, merge, merge_into
from dispatcher.transactions.wanted import Act, permitted

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract.messages import IncidentState
    from dispatcher.answers import EventType
    from dispatcher.records import IncidentRecord
    from dispatcher.routing import Routing
    from dispatcher.store.engine import Connection

__all__ = ["Act", "act"]

EVENT_TYPES: Final[dict[Event, "EventType"]] = {
    "acknowledge": "acknowledged",
    "dispatch": "dispatched",
    "on_scene": "on_scene",
    "close": "closed",
    "expire": "closed",
}


def act(
    connection: "Connection", incident_id: str, wanted: Act, routing: "Routing", now: int
) -> Change:
    """Do it; the change is that of the incident which the actor goes on with.

    Raises:
        RefusedError: the state or the role does not permit it, or somebody else was first.
        UnknownIncidentError: there is no such incident.
    """
    locked = _lock(connection, incident_id, wanted)
    incident = _known(locked, incident_id)
    state = permitted(incident, wanted)
    change = Change(connection, incident, routing, now)
    if wanted.event in ("link", "merge"):
        other = Change(connection, _known(locked, wanted.target or ""), routing, now)
        return (merge if wanted.event == "merge" else link)(change, other, wanted)
    if wanted.event == "reopen":
        return _reopen(change, wanted, _other_open(locked, incident))
    _STEPS[wanted.event](change, wanted, state)
    return change


def _lock(connection: "Connection", incident_id: str, wanted: Act) -> dict[str, "IncidentRecord"]:
    """Hold all incidents that this is about, in the order in which everybody takes them."""
    ids = {incident_id}
    if wanted.event in ("link", "merge") and wanted.target:
        ids.add(wanted.target)
    if wanted.event == "reopen":
        known = incidents.find(connection, incident_id)
        if known is not None and known.device is not None:
            found = incidents.lock_those_of(connection, known.device, incident_id)
            return {each.id: each for each in found}
    return {each.id: each for each in incidents.lock_all(connection, ids)}


def _known(locked: dict[str, "IncidentRecord"], incident_id: str) -> "IncidentRecord":
    if incident_id not in locked:
        raise UnknownIncidentError(f"there is no incident {incident_id[:80]!r}")
    return locked[incident_id]


def _other_open(
    locked: dict[str, "IncidentRecord"], incident: "IncidentRecord"
) -> "IncidentRecord | None":
    """Return the tracker's open incident of the same class: it has one of each at most."""
    same = (
        each for each in locked.values()
        if each.open and each.class_ == incident.class_ and each.id != incident.id
    )  # fmt: skip
    return next(same, None)


def _present(change: Change, wanted: Act, _state: "IncidentState") -> None:
    """Note that a console has drawn it; again changes nothing."""
    fresh = [press for press in change.presses if press.stage == "received"]
    for press in fresh:
        press.presented_at = change.now
        change.set_stage(press, stages.after_presentation(press.stage))
    if fresh:
        change.commit("presented", actor=wanted.actor)


def _reopen(change: Change, wanted: Act, other: "IncidentRecord | None") -> Change:
    """Raise it anew: it alerts, and somebody has to take it; the newest press is told.

    While another incident of its tracker is open, all goes on there.
    """
    if change.presses:
        press = change.presses[-1]
        press.acknowledged_at = press.acknowledged_by = None
        change.set_stage(press, "reopened")
    if other is not None:
        survivor = Change(change.connection, other, change.routing, change.now)
        return merge_into(survivor, change, wanted, calls=True)
    change.incident.reopen()
    change.alert_first()
    change.release_all()
    change.commit("reopened", actor=wanted.actor, note=wanted.note)
    return change


def _advance(change: Change, wanted: Act, state: "IncidentState") -> None:
    """Bring the incident and its presses to the state that follows."""
    incident = change.incident
    acknowledges = wanted.event == "acknowledge"
    incident.state = state
    if acknowledges:
        change.acknowledge(wanted.actor)
    else:
        _stamp(incident, wanted, change.now)
    change.set_stages(acknowledges=acknowledges)
    if state == "closed":
        change.end()
    change.alert("changed")
    change.commit(EVENT_TYPES[wanted.event], actor=wanted.actor, note=wanted.note)


def _stamp(incident: "IncidentRecord", wanted: Act, now: int) -> None:
    """Note who did it, and when."""
    if wanted.event == "dispatch":
        incident.dispatched_at, incident.dispatched_by = now, wanted.actor
    elif wanted.event == "on_scene":
        incident.on_scene_at, incident.on_scene_by = now, wanted.actor
    else:
        incident.closed_at, incident.closed_by = now, wanted.actor
        incident.disposition = wanted.disposition


_STEPS: Final[dict[Event, "Callable[[Change, Act, IncidentState], None]"]] = {
    **dict.fromkeys(EVENT_TYPES, _advance),
    "presented": _present,
    "note": together.note,
    "hand_over": together.hand_over,
    "assign": together.assign,
    "transfer": transfer.offer,
    "accept": transfer.accept,
    "decline": transfer.decline,
}
