"""What plays a signal: a GPIO line, or a program that is told the signal's name."""

import subprocess
from collections.abc import Callable, Sequence
from typing import Any

from device_agent.feedback.choice import Signal
from device_agent.feedback.player import Output
from device_agent.settings import Feedback, GpioFeedback

PROGRAM_TIMEOUT_S = 5.0
"""A program that says a sentence needs so long; one that hangs must not keep the next signal."""


def opener(feedback: Feedback) -> Callable[[], Output]:
    """Return what opens this output; gpiod, which is Linux's alone, is loaded by its first use."""
    if isinstance(feedback, GpioFeedback):
        return lambda: GpioOutput(feedback)
    return lambda: ProgramOutput(feedback.command)


class GpioOutput:
    """A light, buzzer or vibrator on a GPIO line; the line is this process's while it plays."""

    def __init__(
        self, feedback: GpioFeedback, request_lines: Callable[..., Any] | None = None
    ) -> None:
        """Request the line, switched off.

        Raises:
            OSError: no such chip or line, or somebody else has it.
        """
        import gpiod  # noqa: PLC0415 - exists on Linux alone
        from gpiod.line import Direction, Value  # noqa: PLC0415 - see above

        self._line = feedback.line
        self._value = {True: Value.ACTIVE, False: Value.INACTIVE}
        settings = gpiod.LineSettings(
            direction=Direction.OUTPUT,
            output_value=Value.INACTIVE,
            active_low=feedback.active_low,
        )
        try:
            self._request = (request_lines or gpiod.request_lines)(
                feedback.chip, config={self._line: settings}, consumer="guardian"
            )
        except ValueError as error:  # gpiod's word for a line that the chip does not have
            raise OSError(f"{feedback.chip} has no line {self._line!r}") from error

    def begin(self, signal: Signal) -> None:
        """Nothing: pulses say it all."""

    def turn(self, *, on: bool) -> None:
        """Switch the line."""
        self._request.set_value(self._line, self._value[on])

    def close(self) -> None:
        """Switch off and release the line."""
        self.turn(on=False)
        self._request.release()


class ProgramOutput:
    """A program, called with the signal's name as its last argument."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command

    def begin(self, signal: Signal) -> None:
        """Run the program.

        Raises:
            OSError: it cannot be run, failed, or took too long and was killed.
        """
        command = [*self._command, signal]
        try:
            subprocess.run(  # noqa: S603 - the owner of the settings names the program
                command, stdin=subprocess.DEVNULL, timeout=PROGRAM_TIMEOUT_S, check=True
            )
        except subprocess.SubprocessError as error:
            raise OSError(str(error)) from error

    def turn(self, *, on: bool) -> None:
        """Nothing: the program pulses as it likes."""

    def close(self) -> None:
        """Nothing: the program has ended."""
