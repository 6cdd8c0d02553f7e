"""Whatever the caller's code raises is logged, counted and survived."""

import logging
from collections.abc import Sequence
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
    assert callbacks.tell((UP, MESSAGE, CONFIRMED), 3) == 0
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
    assert callbacks.tell([event], 3) == (event is MESSAGE)
    assert counters.callback_failures == 1
    (record,) = caplog.records
    assert (record.message, record.levelno) == ("mqtt_callback_failed", logging.ERROR)
    assert "a bug of the caller's" in caplog.text, "the traceback"


class Bulk(Recorder):
    """Takes all at once."""

    def on_messages(self, messages: Sequence[Incoming]) -> None:
        for each in messages:
            self.on_message(each)
        self.order.append("on_messages")


def test_messages_that_came_together_are_told_together() -> None:
    """In the order of all that happened."""
    bulk = Bulk()
    callbacks = Callbacks(bulk, None, None, Counters())
    assert callbacks.tell((UP, MESSAGE, MESSAGE, CONFIRMED, MESSAGE), 3) == 0
    one = ["on_message", "on_messages"]
    assert bulk.order == ["on_up", "on_message", *one, "on_puback", *one]


def test_messages_that_came_together_fail_together() -> None:
    """None of them was taken, so none is acknowledged; what came besides is told."""
    bulk = Bulk(on={"on_message": _fail})
    callbacks = Callbacks(bulk, None, None, Counters())
    assert callbacks.tell((MESSAGE, MESSAGE, MESSAGE, CONFIRMED), 3) == 3
    assert bulk.pubacks


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
