"""The stage of each press: what its tracker is told."""

from typing import Final

from contract.messages import IncidentState, Stage

WAITING: Final[frozenset[Stage]] = frozenset({"received", "presented", "reopened"})
"""Stages of a press that no person has acknowledged."""

STATE_STAGE: Final[dict[IncidentState, Stage]] = {
    "raised": "received",
    "acknowledged": "acknowledged",
    "dispatched": "dispatched",
    "on_scene": "on_scene",
    "closed": "closed",
}


def after_act(stage: Stage, state: IncidentState, *, acknowledges: bool) -> Stage:
    """Return a press's stage after an operator's act has brought the incident to `state`.

    A waiting press moves only when the act acknowledges it, or when the incident closes; a closed
    press of a reopened incident stays closed: its tracker has stopped asking about it.
    """
    if state == "closed":
        return "closed"
    if stage == "closed" or (stage in WAITING and not acknowledges):
        return stage
    return STATE_STAGE[state]


def after_presentation(stage: Stage) -> Stage:
    """Return a press's stage after a console has confirmed that it is drawn."""
    return "presented" if stage == "received" else stage


def after_update(stage: Stage) -> Stage:
    """Return a press's stage after an update has come: the tracker has heard of the reopening."""
    return "received" if stage == "reopened" else stage
