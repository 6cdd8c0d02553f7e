from typing import get_args

import pytest

from contract.messages import IncidentState
from dispatcher.errors import REFUSAL_WORDS, RefusalReason
from dispatcher.incident.states import (
    MAY,
    TABLE,
    Event,
    OperatorEvent,
    Refusal,
    Role,
    after,
    outward,
)

STATES: tuple[IncidentState, ...] = get_args(IncidentState)
EVENTS: tuple[Event, ...] = get_args(Event)
ROLES: tuple[Role, ...] = get_args(Role)


def test_every_state_event_and_role_has_an_outcome() -> None:
    assert set(TABLE) == set(STATES)
    assert set(MAY) == set(EVENTS)
    for state in STATES:
        assert set(TABLE[state]) == set(EVENTS), state
        for event in EVENTS:
            for role in ROLES:
                for waiting in (True, False):
                    outcome = after(state, event, unacknowledged=waiting, role=role)
                    if isinstance(outcome, Refusal):
                        assert outcome.reason in get_args(RefusalReason)
                    else:
                        assert outcome in STATES
                        assert role in MAY[event]


@pytest.mark.parametrize("event", EVENTS)
def test_an_observer_changes_nothing(event: Event) -> None:
    for state in STATES:
        refused = after(state, event, unacknowledged=True, role="observer")
        assert refused == Refusal("not_permitted")


@pytest.mark.parametrize("event", get_args(OperatorEvent))
def test_a_supervisor_may_do_all_that_an_operator_may(event: Event) -> None:
    assert {"operator", "supervisor"} <= MAY[event]


@pytest.mark.parametrize("role", ["tracker", "guardian"])
@pytest.mark.parametrize("event", ["acknowledge", "close", "merge", "accept"])
def test_no_tracker_and_no_program_takes_a_persons_place(event: Event, role: Role) -> None:
    assert role not in MAY[event]


@pytest.mark.parametrize("state", STATES)
def test_others_see_raised_while_a_press_waits_unless_it_is_closed(state: IncidentState) -> None:
    assert outward(state, unacknowledged=False) == state
    seen = outward(state, unacknowledged=True)
    assert seen == ("closed" if state == "closed" else "raised")


def test_every_refusal_has_words() -> None:
    assert set(REFUSAL_WORDS) == set(get_args(RefusalReason))


@pytest.mark.parametrize("state", [state for state in STATES if state != "closed"])
@pytest.mark.parametrize("event", [each for each in get_args(OperatorEvent) if each != "merge"])
def test_no_person_closes_what_nobody_has_acknowledged(
    state: IncidentState, event: OperatorEvent
) -> None:
    """Whoever closes it has taken all of it; what waits in a merged one waits in the other."""
    assert after(state, event, unacknowledged=True) != "closed"


@pytest.mark.parametrize("state", STATES)
def test_whatever_the_holder_does_leaves_it_open_and_duress_raises_a_closed_one(
    state: IncidentState,
) -> None:
    for event in ("press", "cancel", "duress"):
        outcome = after(state, event, unacknowledged=False, role="tracker")
        if state != "closed":
            assert outcome == state
        elif event == "duress":
            assert outcome == "raised"


def test_reopening_raises_what_is_closed() -> None:
    assert after("closed", "reopen", unacknowledged=False) == "raised"
    assert after("raised", "reopen", unacknowledged=False) == Refusal("still_open")


def test_the_usual_way() -> None:
    state: IncidentState = "raised"
    way: tuple[Event, ...] = ("acknowledge", "dispatch", "on_scene", "close")
    seen = []
    for number, event in enumerate(way):
        outcome = after(state, event, unacknowledged=number == 0)
        assert not isinstance(outcome, Refusal)
        state = outcome
        seen.append(state)
    assert seen == ["acknowledged", "dispatched", "on_scene", "closed"]


def test_of_two_operators_the_second_is_refused() -> None:
    refused = after("acknowledged", "acknowledge", unacknowledged=False)
    assert refused == Refusal("already_acknowledged")
    assert after("acknowledged", "acknowledge", unacknowledged=True) == "acknowledged"
