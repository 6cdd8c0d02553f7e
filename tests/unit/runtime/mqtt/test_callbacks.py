"""Whatever the caller's code raises is logged, counted and survived."""

import logging
from typing import Any

import pytest

from runtime.mqtt.callbacks import Callbacks, Counters
from runtime.mqtt.interface import Incoming, Up, Will
from runtime.mqtt.session import Confirmed, Event
from tests.unit.runtime.mqtt.recorder import Recorder

UP = Up(3, session_present=True, broker="mqtt://b:1")
MESSAGE = Incoming("t", b"x", retain=False, connection=3, packet=1)
CONFIRMED = Confirmed(5, "not_authorized")


def _fail(*_: Any) -> Any:
    raise LookupError("a bug of the caller's")


def test_each_event_goes_to_its_method() -> None:
    recorder = Recorder()
    callbacks = Callbacks(recorder, None, None, Counters())
    assert all(callbacks.event(each, 3) for each in (UP, MESSAGE, CONFIRMED))
    callbacks.down(3, "why")
    assert recorder.ups == [UP]
    assert recorder.messages == [MESSAGE]
    assert recorder.pubacks == [(5, 3, "not_authorized")]
    assert recorder.downs == [(3, "why")]


@pytest.mark.parametrize(
    ("name", "event"), [("on_up", UP), ("on_message", MESSAGE), ("on_puback", CONFIRMED)]
)
def test_a_handler_that_fails(name: str, event: Event, caplog: pytest.LogCaptureFixture) -> None:
    counters = Counters()
    callbacks = Callbacks(Recorder(on={name: _fail}), None, None, counters)
    assert not callbacks.event(event, 3)
    assert counters.callback_failures == 1
    (record,) = caplog.records
    assert (record.message, record.levelno) == ("mqtt_callback_failed", logging.ERROR)
    assert "a bug of the caller's" in caplog.text, "the traceback"


def test_a_handler_that_fails_on_down_and_a_watchdog_that_fails() -> None:
    counters = Counters()
    callbacks = Callbacks(Recorder(on={"on_down": _fail}), None, _fail, counters)
    callbacks.down(3, "why")
    callbacks.beat()
    assert counters.callback_failures == 2


def test_the_will_of_a_connection() -> None:
    callbacks = Callbacks(
        Recorder(), lambda number: Will("t", b"%d" % number, retain=True), None, Counters()
    )
    assert callbacks.will(4) == Will("t", b"4", retain=True)
    assert Callbacks(Recorder(), None, None, Counters()).will(4) is None


def test_without_its_will_a_connection_is_better_than_none() -> None:
    counters = Counters()
    assert Callbacks(Recorder(), _fail, None, counters).will(4) is None
    assert counters.callback_failures == 1
