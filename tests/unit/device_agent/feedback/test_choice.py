from typing import get_args

import pytest
from msgspec.structs import replace

from contract.messages import PanicKind, Stage
from device_agent.feedback.choice import FAILING_AFTER_S, Signals
from device_agent.press import Press, PressRow, TypedCode


def press(
    stage: Stage | None = None,
    *,
    sent: bool = True,
    silent: bool = False,
    leads: bool = True,
    kind: PanicKind = "button",
    panic_id: str = "a",
) -> Press:
    row = PressRow(
        panic_id=panic_id, kind=kind, silent=silent, pressed_at=1, clock="gps", stage=stage
    )
    return Press(row, 100.0, 100.0, leads=leads, sent_update=0 if sent else -1)


@pytest.mark.parametrize(
    ("stage", "signal"),
    [
        (None, "sent"),
        ("received", "received"),
        ("presented", "received"),
        ("acknowledged", "seen"),
        ("dispatched", "seen"),
        ("on_scene", "seen"),
        ("reopened", "received"),
    ],
)
def test_each_stage_has_its_signal(stage: Stage | None, signal: str) -> None:
    assert Signals().choose([press(stage)], 101.0) == signal


def test_a_press_that_is_still_written_gives_no_signal() -> None:
    assert Signals().choose([press(sent=False)], 100.1) is None


@pytest.mark.parametrize("sent", [True, False])
def test_a_press_that_nobody_has_received_says_so(*, sent: bool) -> None:
    """The holder is to know that they may have to shout."""
    assert Signals().choose([press(sent=sent)], 100.0 + FAILING_AFTER_S) == "failing"


def test_the_end_is_told_once_it_has_been_followed() -> None:
    signals, one = Signals(), press("received")
    signals.choose([one], 101.0)
    one.row = replace(one.row, stage="closed")
    assert signals.choose([one], 102.0) == "closed"


def test_a_press_that_was_closed_before_the_start_is_no_news() -> None:
    assert Signals().choose([press("closed")], 101.0) is None


@pytest.mark.parametrize("stage", [None, *get_args(Stage)])
@pytest.mark.parametrize("other", [None, "received", "closed"])
def test_a_silent_press_gives_no_signal_ever(stage: Stage | None, other: Stage | None) -> None:
    """Nor does another press give one while the silent one is open."""
    silent = press(stage, silent=True, leads=True)
    signals = Signals()
    for now in (100.0, 105.0, 200.0, 4000.0):
        assert signals.choose([silent], now) is None
    if stage != "closed":
        assert signals.choose([silent, press(other, panic_id="b")], 105.0) is None


@pytest.mark.parametrize("stage", [None, *get_args(Stage)])
def test_after_any_cancel_there_is_no_signal(stage: Stage | None) -> None:
    one, signals = press("received"), Signals()
    assert signals.choose([one], 101.0) == "received"
    code = TypedCode(code="1234", at=1, update=1)
    one.row = replace(one.row, stage=stage, cancelled=True, codes=[code])
    assert signals.choose([one], 200.0) is None
    one.row = replace(one.row, codes=[])
    assert signals.choose([one], 200.0) is None, "also when the code is gone"


def test_a_new_press_after_a_cancelled_one_that_is_closed_is_heard() -> None:
    old = press("closed", leads=False)
    old.row = replace(old.row, cancelled=True)
    assert Signals().choose([old, press(None, panic_id="b")], 101.0) == "sent"


def test_the_signal_is_that_of_the_leading_press() -> None:
    real, test = press("acknowledged"), press(None, kind="test", leads=False, panic_id="b")
    assert Signals().choose([real, test], 101.0) == "seen"
