from typing import get_args

import pytest

from contract.messages import IncidentState
from dispatcher.errors import REFUSAL_WORDS, RefusalReason
from dispatcher.incident.states import TABLE, Event, OperatorEvent, Refusal, after, outward

STATES: tuple[IncidentState, ...] = get_args(IncidentState)
EVENTS: tuple[Event, ...] = get_args(Event)


def test_every_state_and_event_has_an_outcome() -> None:
    assert set(TABLE) == set(STATES)
    for state in STATES:
        assert set(TABLE[state]) == set(EVENTS), state
        for event in EVENTS:
            for waiting in (True, False):
                outcome = after(state, event, unacknowledged=waiting)
                if isinstance(outcome, Refusal):
                    assert outcome.reason in get_args(RefusalReason)
                else:
                    assert outcome in STATES


@pytest.mark.parametrize("state", STATES)
def test_others_see_raised_while_a_press_waits_unless_it_is_closed(state: IncidentState) -> None:
    assert outward(state, unacknowledged=False) == state
    seen = outward(state, unacknowledged=True)
    assert seen == ("closed" if state == "closed" else "raised")


def test_every_refusal_has_words() -> None:
    assert set(REFUSAL_WORDS) == set(get_args(RefusalReason))


@pytest.mark.parametrize("state", [state for state in STATES if state != "closed"])
@pytest.mark.parametrize("event", get_args(OperatorEvent))
def test_no_person_closes_what_nobody_has_acknowledged(
    state: IncidentState, event: OperatorEvent
) -> None:
    """Whoever closes it has taken every press of it: nothing active is hidden."""
    assert after(state, event, unacknowledged=True) != "closed"


@pytest.mark.parametrize("state", STATES)
def test_a_further_press_leaves_the_state_and_reopening_raises(state: IncidentState) -> None:
    if state == "closed":
        assert after(state, "reopen", unacknowledged=False) == "raised"
    else:
        assert after(state, "press", unacknowledged=False) == state


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
