"""A button on a GPIO line (libgpiod 2): the kernel debounces and dates the edges."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import gpiod
from gpiod.line import Bias, Clock, Direction, Value
from gpiod.line import Edge as WatchedEdges

from device_agent.buttons.hold_time import Edge
from device_agent.settings import GpioButton

_BIAS = {
    "as_is": Bias.AS_IS,
    "pull_up": Bias.PULL_UP,
    "pull_down": Bias.PULL_DOWN,
    "disabled": Bias.DISABLED,
}


class GpioLine:
    """An open GPIO line."""

    def __init__(
        self, button: GpioButton, request_lines: Callable[..., Any] = gpiod.request_lines
    ) -> None:
        """Request the line for this process alone.

        Raises:
            OSError: no such chip or line, or somebody else has it.
        """
        self._line = button.line
        settings = gpiod.LineSettings(
            direction=Direction.INPUT,
            edge_detection=WatchedEdges.BOTH,
            bias=_BIAS[button.bias],
            active_low=button.active_low,
            debounce_period=timedelta(milliseconds=button.debounce_ms),
            event_clock=Clock.MONOTONIC,
        )
        try:
            self._request = request_lines(
                button.chip, config={self._line: settings}, consumer="guardian"
            )
        except ValueError as error:  # gpiod's word for a line that the chip does not have
            raise OSError(f"{button.chip} has no line {self._line!r}") from error

    def active(self) -> bool:
        """Return the present state, `active_low` already considered."""
        return bool(self._request.get_value(self._line) is Value.ACTIVE)

    def wait(self, timeout_s: float) -> list[Edge]:
        """Wait for edges; their times are the kernel's."""
        if not self._request.wait_edge_events(timedelta(seconds=timeout_s)):
            return []
        return [
            Edge(event.event_type is event.Type.RISING_EDGE, event.timestamp_ns / 1e9)
            for event in self._request.read_edge_events()
        ]

    def close(self) -> None:
        """Release the line."""
        self._request.release()
