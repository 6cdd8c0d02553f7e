"""The states of an incident and who may do what: tables, total over (state, event, role)."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from contract.messages import IncidentState
from dispatcher.errors import RefusalReason

OperatorEvent = Literal[
    "presented", "acknowledge", "dispatch", "on_scene", "close", "reopen",
    "note", "hand_over", "assign", "link", "merge", "transfer", "accept", "decline",
]  # fmt: skip
"""What a person at a console may do."""

Event = Literal["press", "cancel", "duress", "expire", "return", OperatorEvent]
"""All that can happen. `press` is a further call for help, `cancel` a code that the holder typed,
`duress` the one that says the opposite; `expire` the end of a test by itself, `return` that of a
transfer that nobody accepted. `merge` is the end of the incident that goes into another one, for
which that is a `press`."""

Person = Literal["operator", "supervisor", "observer"]
Role = Literal["tracker", "guardian", Person]
"""Who does it: a tracker, Guardian itself as time passes, or a person."""


@dataclass(frozen=True)
class Refusal:
    """The state, or the role, does not permit the event."""

    reason: RefusalReason


Outcome = IncidentState | Refusal


@dataclass(frozen=True)
class Either:
    """The outcome depends on whether something waits that nobody has acknowledged."""

    waiting: Outcome
    taken: Outcome


_PEOPLE: Final[frozenset[Role]] = frozenset({"operator", "supervisor"})
_TRACKER: Final[frozenset[Role]] = frozenset({"tracker"})
_GUARDIAN: Final[frozenset[Role]] = frozenset({"guardian"})

MAY: Final[dict[Event, frozenset[Role]]] = {
    "press": _TRACKER | _PEOPLE,  # of people: a call, a merge
    "cancel": _TRACKER,
    "duress": _TRACKER,
    "expire": _GUARDIAN,
    "return": _GUARDIAN,
    **dict.fromkeys(get_args(OperatorEvent), _PEOPLE),
}
"""Who may bring about what; an observer changes nothing."""

_NOT_ACKNOWLEDGED = Refusal("not_acknowledged")
_ACKNOWLEDGED = Refusal("already_acknowledged")
_STILL_OPEN = Refusal("still_open")
_CLOSED = Refusal("already_closed")


def _of_open(state: IncidentState) -> dict[Event, Outcome | Either]:
    """Return what is the same in every open state but `raised`."""
    return {
        "press": state,
        "cancel": state,
        "duress": state,
        "expire": "closed",
        "return": state,
        "presented": state,
        "acknowledge": Either(state, _ACKNOWLEDGED),
        "dispatch": "dispatched",
        "on_scene": "on_scene",
        "close": Either(_NOT_ACKNOWLEDGED, "closed"),
        "reopen": _STILL_OPEN,
        "note": state,
        "hand_over": Either(_NOT_ACKNOWLEDGED, state),
        "assign": state,
        "link": state,
        "merge": "closed",
        "transfer": state,
        "accept": state,
        "decline": state,
    }


TABLE: Final[dict[IncidentState, dict[Event, Outcome | Either]]] = {
    "raised": {
        **_of_open("raised"),
        "acknowledge": "acknowledged",
        "dispatch": _NOT_ACKNOWLEDGED,
        "on_scene": _NOT_ACKNOWLEDGED,
        "close": _NOT_ACKNOWLEDGED,
        "hand_over": _NOT_ACKNOWLEDGED,
        "accept": "acknowledged",
    },
    "acknowledged": _of_open("acknowledged"),
    "dispatched": {**_of_open("dispatched"), "dispatch": Refusal("already_dispatched")},
    "on_scene": {
        **_of_open("on_scene"),
        "dispatch": Refusal("already_on_scene"),
        "on_scene": Refusal("already_on_scene"),
    },
    "closed": {
        **dict.fromkeys(get_args(Event), _CLOSED),
        "cancel": "closed",
        "duress": "raised",
        "presented": "closed",
        "acknowledge": Either("closed", _CLOSED),
        "reopen": "raised",
        "note": "closed",
        "link": "closed",
    },
}
"""A closed incident with a press waiting ended by itself: acknowledging takes it off the board."""


def after(
    state: IncidentState, event: Event, *, unacknowledged: bool, role: Role = "operator"
) -> Outcome:
    """Return the state that follows, or the refusal."""
    if role not in MAY[event]:
        return Refusal("not_permitted")
    cell = TABLE[state][event]
    if isinstance(cell, Either):
        return cell.waiting if unacknowledged else cell.taken
    return cell


def outward(state: IncidentState, *, unacknowledged: bool) -> IncidentState:
    """Return the state that others see: raised, whatever was done, while any press waits."""
    return "raised" if unacknowledged and state != "closed" else state
