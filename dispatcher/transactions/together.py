"""What operators leave for each other on an incident: notes, who has it, which unit goes."""

from typing import TYPE_CHECKING

from dispatcher.errors import RefusedError
from dispatcher.store import accounts
from dispatcher.transactions.wanted import refused

if TYPE_CHECKING:
    from contract.messages import IncidentState
    from dispatcher.transactions.change import Change
    from dispatcher.transactions.wanted import Act


def note(change: "Change", wanted: "Act", _state: "IncidentState") -> None:
    """Write a line into the history."""
    change.commit("noted", actor=wanted.actor, note=wanted.note)


def hand_over(change: "Change", wanted: "Act", _state: "IncidentState") -> None:
    """Give it to somebody who may work on it; who has it does so, or names who has.

    Raises:
        RefusedError: `held_by_another`, who is named, or `unknown_operator`.
    """
    incident = change.incident
    holder = incident.acknowledged_by
    if holder == wanted.target or holder not in (wanted.actor, wanted.instead_of):
        raise refused(incident, "held_by_another")
    if wanted.target != wanted.actor and not _may_work(change, wanted.target or ""):
        raise RefusedError("unknown_operator")
    incident.acknowledged_by = wanted.target
    change.commit("handed_over", actor=wanted.actor, note=about(wanted))


def assign(change: "Change", wanted: "Act", _state: "IncidentState") -> None:
    """Note which station or unit it is for; another one than the actor has seen stays.

    Raises:
        RefusedError: `already_assigned`, by whom.
    """
    incident = change.incident
    if incident.assigned_to not in (None, wanted.instead_of):
        raise refused(incident, "already_assigned")
    incident.assigned_to = wanted.target
    incident.assigned_by, incident.assigned_at = wanted.actor, change.now
    change.commit("assigned", actor=wanted.actor, note=about(wanted))


def about(wanted: "Act") -> str | None:
    """Return the line's note: whom or what it is about, and what was said."""
    return " · ".join(each for each in (wanted.target, wanted.note) if each) or None


def _may_work(change: "Change", name: str) -> bool:
    user = accounts.find_user(change.connection, name) if name.isprintable() else None
    if user is None or user.disabled_at is not None:
        return False
    return not {"operator", "supervisor"}.isdisjoint(user.roles)
