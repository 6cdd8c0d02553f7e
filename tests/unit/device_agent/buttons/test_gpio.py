from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import gpiod
import pytest
from gpiod.line import Bias, Clock, Direction, Value
from gpiod.line import Edge as WatchedEdges

from device_agent.buttons.gpio import GpioLine
from device_agent.buttons.hold_time import Edge
from device_agent.settings import GpioButton


@dataclass
class Event:
    """An event as gpiod gives it."""

    Type = gpiod.EdgeEvent.Type
    event_type: gpiod.EdgeEvent.Type
    timestamp_ns: int


@dataclass
class Request:
    """A requested line as gpiod gives it."""

    chip: str
    config: Mapping[Any, gpiod.LineSettings]
    consumer: str
    value: Value = Value.INACTIVE
    events: list[Event] = field(default_factory=list)
    waited: list[timedelta] = field(default_factory=list)
    released: bool = False

    def get_value(self, line: int | str) -> Value:
        assert line in self.config
        return self.value

    def wait_edge_events(self, timeout: timedelta) -> bool:
        self.waited.append(timeout)
        return bool(self.events)

    def read_edge_events(self) -> list[Event]:
        events, self.events = self.events, []
        return events

    def release(self) -> None:
        self.released = True


def opened(button: GpioButton) -> tuple[GpioLine, Request]:
    requests: list[Request] = []

    def request_lines(chip: str, **how: Any) -> Request:
        requests.append(Request(chip, **how))
        return requests[0]

    return GpioLine(button, request_lines), requests[0]


def test_the_line_is_asked_for_with_what_the_settings_say() -> None:
    button = GpioButton(
        chip="/dev/gpiochip1", line="SOS", active_low=True, bias="pull_up", debounce_ms=25
    )
    _, request = opened(button)
    (settings,) = request.config.values()
    assert (request.chip, list(request.config)) == ("/dev/gpiochip1", ["SOS"])
    assert settings.direction is Direction.INPUT
    assert settings.edge_detection is WatchedEdges.BOTH
    assert settings.bias is Bias.PULL_UP
    assert settings.active_low is True
    assert settings.debounce_period == timedelta(milliseconds=25)
    assert settings.event_clock is Clock.MONOTONIC


def test_edges_carry_the_kernels_time() -> None:
    line, request = opened(GpioButton(chip="x", line=17))
    request.events = [
        Event(Event.Type.RISING_EDGE, 1_500_000_000),
        Event(Event.Type.FALLING_EDGE, 2_750_000_000),
    ]
    assert line.wait(0.5) == [Edge(True, 1.5), Edge(False, 2.75)]
    assert line.wait(0.5) == []
    assert request.waited == [timedelta(seconds=0.5)] * 2


def test_the_present_state_is_the_logical_one() -> None:
    line, request = opened(GpioButton(chip="x", line=17))
    assert not line.active()
    request.value = Value.ACTIVE
    assert line.active()
    line.close()
    assert request.released


def test_a_chip_that_is_not_there_may_come_later() -> None:
    with pytest.raises(OSError, match=r"."):
        GpioLine(GpioButton(chip="/dev/gpiochip-missing", line=1))


def test_a_line_that_the_chip_does_not_have_is_named() -> None:
    def refuse(chip: str, **how: Any) -> Request:
        raise ValueError("cannot map")

    with pytest.raises(OSError, match="has no line 'SOS'"):
        GpioLine(GpioButton(chip="chip", line="SOS"), refuse)
