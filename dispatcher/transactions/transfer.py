"""Passing an incident to another jurisdiction: it stays here until somebody there accepts it."""

from typing import TYPE_CHECKING

from contract.limits import TRANSFER_S
from dispatcher.errors import RefusedError
from dispatcher.store import timers
from dispatcher.transactions.together import about
from dispatcher.transactions.wanted import refused

if TYPE_CHECKING:
    from contract.messages import IncidentState
    from dispatcher.answers import EventType
    from dispatcher.transactions.change import Change
    from dispatcher.transactions.wanted import Act


def offer(change: "Change", wanted: "Act", _state: "IncidentState") -> None:
    """Ask another jurisdiction to take it; nothing else changes, and a ladder goes on.

    Raises:
        RefusedError: `already_transferred`, by whom, `own_jurisdiction`, `unknown_jurisdiction`.
    """
    incident = change.incident
    if incident.transfer_to is not None:
        raise refused(incident, "already_transferred")
    if incident.jurisdiction == wanted.target:
        raise RefusedError("own_jurisdiction")
    if wanted.target is None or not change.routing.jurisdictions.may_be(wanted.target):
        raise RefusedError("unknown_jurisdiction")
    incident.transfer_to = wanted.target
    incident.transfer_by, incident.transfer_at = wanted.actor, change.now
    change.set_timer("transfer", change.now + TRANSFER_S * 1000, change.now, 0)
    change.alert("changed")
    change.commit("transfer", actor=wanted.actor, note=about(wanted))


def accept(change: "Change", wanted: "Act", state: "IncidentState") -> None:
    """Take it over: the actor has it now, and all that waited.

    Raises:
        RefusedError: `no_transfer`, or `own_transfer`.
    """
    incident = change.incident
    if incident.transfer_to is None:
        raise RefusedError("no_transfer")
    if incident.transfer_by == wanted.actor:
        raise refused(incident, "own_transfer")
    incident.jurisdiction, incident.transferred_at = incident.transfer_to, change.now
    _forget(change)
    incident.state = state
    change.acknowledge(wanted.actor)
    change.set_stages(acknowledges=True)
    change.alert("changed")
    change.commit("accepted", actor=wanted.actor, note=wanted.note)


def decline(change: "Change", wanted: "Act", _state: "IncidentState") -> None:
    """Leave it where it is; there it is called out anew.

    Raises:
        RefusedError: `no_transfer`.
    """
    if change.incident.transfer_to is None:
        raise RefusedError("no_transfer")
    give_back(change, "declined", actor=wanted.actor, note=wanted.note)


def give_back(
    change: "Change", event: "EventType", *, actor: str | None = None, note: str | None = None
) -> None:
    """Let it return to the sender and escalate: somebody thought that others had it."""
    _forget(change)
    change.call_for_somebody()
    change.alert("escalated", step=0)
    change.arm()
    change.commit(event, actor=actor, note=note)


def _forget(change: "Change") -> None:
    incident = change.incident
    incident.transfer_to = incident.transfer_by = incident.transfer_at = None
    timers.disarm(change.connection, incident.id, "transfer")
