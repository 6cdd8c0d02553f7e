"""What somebody wants to do to an incident, and the refusals that need more than its state."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatcher.errors import RefusalReason, RefusedError
from dispatcher.incident.states import Event, Refusal, Role, after

if TYPE_CHECKING:
    from contract.messages import Disposition, IncidentState
    from dispatcher.records import IncidentRecord


@dataclass(frozen=True)
class Act:
    """What somebody does to an incident; `actor` None is Guardian itself.

    `target` is whom, what or which other incident it is about; `instead_of` what the actor saw in
    that place, so that of two at once the second is told and overwrites nothing.
    """

    event: Event
    actor: str | None
    note: str | None = None
    disposition: "Disposition | None" = None
    role: Role = "operator"
    target: str | None = None
    instead_of: str | None = None


def permitted(incident: "IncidentRecord", wanted: Act) -> "IncidentState":
    """Return the state that follows.

    Raises:
        RefusedError: the state or the role does not permit it, or something is missing.
    """
    outcome = after(
        incident.state, wanted.event, unacknowledged=incident.unacknowledged, role=wanted.role
    )
    if incident.merged_into is not None and wanted.event != "presented":
        raise RefusedError("merged", incident=incident.merged_into)
    if isinstance(outcome, Refusal):
        raise refused(incident, outcome.reason)
    missing = _missing(wanted)
    if missing is not None:
        raise RefusedError(missing)
    return outcome


def refused(incident: "IncidentRecord", reason: RefusalReason) -> RefusedError:
    """Say who came first, and when."""
    came_first: dict[RefusalReason, tuple[str | None, int | None]] = {
        "already_acknowledged": (incident.acknowledged_by, incident.acknowledged_at),
        "already_dispatched": (incident.dispatched_by, incident.dispatched_at),
        "already_on_scene": (incident.on_scene_by, incident.on_scene_at),
        "already_closed": (incident.closed_by, incident.closed_at),
        "held_by_another": (incident.acknowledged_by, incident.acknowledged_at),
        "already_assigned": (incident.assigned_by, incident.assigned_at),
        "already_transferred": (incident.transfer_by, incident.transfer_at),
        "own_transfer": (incident.transfer_by, incident.transfer_at),
    }
    actor, at = came_first.get(reason, (None, None))
    return RefusedError(reason, actor=actor, at=at)


def _missing(wanted: Act) -> RefusalReason | None:
    if wanted.event == "close" and wanted.disposition is None:
        return "disposition_missing"
    says_nothing = wanted.event == "note" or wanted.disposition == "other"
    if says_nothing and not wanted.note:
        return "note_missing"
    if wanted.event in ("hand_over", "assign", "link", "merge", "transfer") and not wanted.target:
        return "target_missing"
    return None
