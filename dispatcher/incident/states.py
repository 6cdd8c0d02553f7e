"""The states of an incident as a table, total over (state, event)."""

from dataclasses import dataclass
from typing import Literal

from contract.messages import IncidentState
from dispatcher.errors import RefusalReason

OperatorEvent = Literal["presented", "acknowledge", "dispatch", "on_scene", "close", "reopen"]
"""What a person at a console may do."""

Event = Literal[
    "press", "expire", "presented", "acknowledge", "dispatch", "on_scene", "close", "reopen"
]
"""All that can happen; `press` is a further call for help, `expire` the end of a test by itself."""


@dataclass(frozen=True)
class Refusal:
    """The state does not permit the event."""

    reason: RefusalReason


Outcome = IncidentState | Refusal


@dataclass(frozen=True)
class Either:
    """The outcome depends on whether a press waits that nobody has acknowledged."""

    waiting: Outcome
    taken: Outcome


_NOT_ACKNOWLEDGED = Refusal("not_acknowledged")
_STILL_OPEN = Refusal("still_open")
_CLOSED = Refusal("already_closed")

TABLE: dict[IncidentState, dict[Event, Outcome | Either]] = {
    "raised": {
        "press": "raised",
        "expire": "closed",
        "presented": "raised",
        "acknowledge": "acknowledged",
        "dispatch": _NOT_ACKNOWLEDGED,
        "on_scene": _NOT_ACKNOWLEDGED,
        "close": _NOT_ACKNOWLEDGED,
        "reopen": _STILL_OPEN,
    },
    "acknowledged": {
        "press": "acknowledged",
        "expire": "closed",
        "presented": "acknowledged",
        "acknowledge": Either("acknowledged", Refusal("already_acknowledged")),
        "dispatch": "dispatched",
        "on_scene": "on_scene",
        "close": Either(_NOT_ACKNOWLEDGED, "closed"),
        "reopen": _STILL_OPEN,
    },
    "dispatched": {
        "press": "dispatched",
        "expire": "closed",
        "presented": "dispatched",
        "acknowledge": Either("dispatched", Refusal("already_acknowledged")),
        "dispatch": Refusal("already_dispatched"),
        "on_scene": "on_scene",
        "close": Either(_NOT_ACKNOWLEDGED, "closed"),
        "reopen": _STILL_OPEN,
    },
    "on_scene": {
        "press": "on_scene",
        "expire": "closed",
        "presented": "on_scene",
        "acknowledge": Either("on_scene", Refusal("already_acknowledged")),
        "dispatch": Refusal("already_on_scene"),
        "on_scene": Refusal("already_on_scene"),
        "close": Either(_NOT_ACKNOWLEDGED, "closed"),
        "reopen": _STILL_OPEN,
    },
    "closed": {
        "press": _CLOSED,
        "expire": _CLOSED,
        "presented": "closed",
        "acknowledge": Either("closed", _CLOSED),
        "dispatch": _CLOSED,
        "on_scene": _CLOSED,
        "close": _CLOSED,
        "reopen": "raised",
    },
}
"""A closed incident with a press waiting ended by itself: acknowledging takes it off the board."""


def after(state: IncidentState, event: Event, *, unacknowledged: bool) -> Outcome:
    """Return the state that follows, or the refusal."""
    cell = TABLE[state][event]
    if isinstance(cell, Either):
        return cell.waiting if unacknowledged else cell.taken
    return cell


def outward(state: IncidentState, *, unacknowledged: bool) -> IncidentState:
    """Return the state that others see: raised, whatever was done, while any press waits."""
    return "raised" if unacknowledged and state != "closed" else state
