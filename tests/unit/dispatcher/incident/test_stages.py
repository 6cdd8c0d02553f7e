from typing import get_args

import pytest

from contract.messages import IncidentState, Stage
from dispatcher.incident.stages import WAITING, after_act, after_presentation, after_update

STAGES: tuple[Stage, ...] = get_args(Stage)


@pytest.mark.parametrize("stage", STAGES)
def test_closing_closes_every_press(stage: Stage) -> None:
    assert after_act(stage, "closed", acknowledges=False) == "closed"


@pytest.mark.parametrize("stage", sorted(WAITING))
@pytest.mark.parametrize("state", ["acknowledged", "dispatched", "on_scene"])
def test_a_waiting_press_moves_only_when_it_is_acknowledged(
    stage: Stage, state: IncidentState
) -> None:
    assert after_act(stage, state, acknowledges=False) == stage
    assert after_act(stage, state, acknowledges=True) == state


def test_an_acknowledged_press_follows_its_incident() -> None:
    assert after_act("acknowledged", "dispatched", acknowledges=False) == "dispatched"
    assert after_act("closed", "acknowledged", acknowledges=True) == "closed"


def test_drawing_it_moves_only_what_was_just_received() -> None:
    assert [after_presentation(stage) for stage in ("received", "acknowledged", "reopened")] == [
        "presented", "acknowledged", "reopened",
    ]  # fmt: skip


def test_an_update_answers_a_reopening() -> None:
    assert after_update("reopened") == "received"
    assert after_update("dispatched") == "dispatched"
