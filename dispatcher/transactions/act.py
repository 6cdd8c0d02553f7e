"""Carrying out what an operator asks, or what time brings, within one transaction."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dispatcher.errors import RefusalReason, RefusedError, UnknownIncidentError
from dispatcher.incident import stages
from dispatcher.incident.states import Event, Refusal, after
from dispatcher.records import IncidentRecord
from dispatcher.store import incidents, presses, timers
from dispatcher.transactions.change import Change

if TYPE_CHECKING:
    from contract.messages import Disposition, IncidentState
    from dispatcher.answers import EventType
    from dispatcher.routing import Routing
    from dispatcher.store.engine import Connection

EVENT_TYPES: Final[dict[Event, "EventType"]] = {
    "presented": "presented",
    "acknowledge": "acknowledged",
    "dispatch": "dispatched",
    "on_scene": "on_scene",
    "close": "closed",
    "expire": "closed",
    "reopen": "reopened",
}


@dataclass(frozen=True)
class Act:
    """What somebody does to an incident; `actor` None is Guardian itself."""

    event: Event
    actor: str | None
    note: str | None = None
    disposition: "Disposition | None" = None


def act(
    connection: "Connection", incident_id: str, wanted: Act, routing: "Routing", now: int
) -> Change:
    """Do it.

    Raises:
        RefusedError: the state does not permit it.
        UnknownIncidentError: there is no such incident.
    """
    incident = incidents.find(connection, incident_id, lock=True)
    if incident is None:
        raise UnknownIncidentError(f"there is no incident {incident_id[:80]!r}")
    state = _permitted(incident, wanted)
    if wanted.event == "reopen":
        _refuse_second_open(connection, incident)
    change = Change(connection, incident, routing, now)
    if wanted.event == "presented":
        _present(change, wanted.actor)
    elif wanted.event == "reopen":
        _reopen(change, wanted)
    else:
        _advance(change, wanted, state)
    return change


def _permitted(incident: IncidentRecord, wanted: Act) -> "IncidentState":
    outcome = after(incident.state, wanted.event, unacknowledged=incident.unacknowledged)
    if isinstance(outcome, Refusal):
        raise _refused(incident, outcome.reason)
    if wanted.event == "close" and wanted.disposition is None:
        raise _refused(incident, "disposition_missing")
    return outcome


def _refused(incident: IncidentRecord, reason: RefusalReason) -> RefusedError:
    """Say who came first, and when."""
    came_first: dict[RefusalReason, tuple[str | None, int | None]] = {
        "already_acknowledged": (incident.acknowledged_by, incident.acknowledged_at),
        "already_dispatched": (incident.dispatched_by, incident.dispatched_at),
        "already_on_scene": (incident.on_scene_by, incident.on_scene_at),
        "already_closed": (incident.closed_by, incident.closed_at),
    }
    actor, at = came_first.get(reason, (None, None))
    return RefusedError(reason, actor=actor, at=at)


def _refuse_second_open(connection: "Connection", incident: IncidentRecord) -> None:
    """A tracker has one open incident of each class: its presses must know where to go."""
    if incident.device is None:
        return
    for other in incidents.lock_those_of(connection, incident.device):
        if other.class_ == incident.class_ and other.id != incident.id:
            raise RefusedError("another_open", incident=other.id)


def _present(change: Change, actor: str | None) -> None:
    """Note that a console has drawn it; again changes nothing."""
    fresh = [press for press in change.presses if press.stage == "received"]
    for press in fresh:
        press.presented_at = change.now
        change.set_stage(press, stages.after_presentation(press.stage))
    if fresh:
        change.commit("presented", actor=actor)


def _reopen(change: Change, wanted: Act) -> None:
    """Raise it anew: it alerts, and somebody has to take it; the newest press is told."""
    change.incident.reopen()
    if change.presses:
        press = change.presses[-1]
        press.acknowledged_at = press.acknowledged_by = None
        change.set_stage(press, "reopened")
    change.alert_first()
    change.release_all()
    change.commit("reopened", actor=wanted.actor, note=wanted.note)


def _advance(change: Change, wanted: Act, state: "IncidentState") -> None:
    """Bring the incident and its presses to the state that follows."""
    incident = change.incident
    acknowledges = wanted.event == "acknowledge"
    incident.state = state
    _stamp(incident, wanted, change.now)
    for press in change.presses:
        if acknowledges and press.waiting:
            press.acknowledged_at, press.acknowledged_by = change.now, wanted.actor
            presses.save(change.connection, press)
        change.set_stage(press, stages.after_act(press.stage, state, acknowledges=acknowledges))
    if acknowledges:
        incident.unacknowledged = False
        timers.disarm(change.connection, incident.id, "escalate")
    if state == "closed":
        timers.disarm(change.connection, incident.id)
    change.alert("changed")
    change.commit(EVENT_TYPES[wanted.event], actor=wanted.actor, note=wanted.note)


def _stamp(incident: IncidentRecord, wanted: Act, now: int) -> None:
    """Note who did it, and when."""
    if wanted.event == "acknowledge":
        incident.acknowledged_at, incident.acknowledged_by = now, wanted.actor
    elif wanted.event == "dispatch":
        incident.dispatched_at, incident.dispatched_by = now, wanted.actor
    elif wanted.event == "on_scene":
        incident.on_scene_at, incident.on_scene_by = now, wanted.actor
    elif wanted.event in ("close", "expire"):
        incident.closed_at, incident.closed_by = now, wanted.actor
        incident.disposition = wanted.disposition
