import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gpiod
import pytest
from gpiod.line import Direction, Value

from device_agent.feedback import outputs
from device_agent.feedback.outputs import GpioOutput, ProgramOutput, opener
from device_agent.settings import GpioFeedback, ProgramFeedback


class Request:
    """A requested line as gpiod gives it."""

    def __init__(self, chip: str, config: Mapping[Any, gpiod.LineSettings], consumer: str) -> None:
        self.chip, self.config, self.consumer = chip, config, consumer
        self.values: list[Value] = []
        self.released = False

    def set_value(self, line: int | str, value: Value) -> None:
        assert line in self.config
        self.values.append(value)

    def release(self) -> None:
        self.released = True


def test_a_line_begins_dark_pulses_and_is_let_go_dark() -> None:
    requests: list[Request] = []

    def request_lines(chip: str, **how: Any) -> Request:
        requests.append(Request(chip, **how))
        return requests[0]

    lamp = GpioOutput(GpioFeedback(chip="/dev/gpiochip0", line=4, active_low=True), request_lines)
    lamp.begin("sent")
    lamp.turn(on=True)
    lamp.turn(on=False)
    lamp.close()
    (request,) = requests
    (settings,) = request.config.values()
    assert (settings.direction, settings.output_value) == (Direction.OUTPUT, Value.INACTIVE)
    assert settings.active_low is True
    assert request.values == [Value.ACTIVE, Value.INACTIVE, Value.INACTIVE]
    assert request.released


def test_a_line_that_the_chip_lacks_is_named() -> None:
    def request_lines(chip: str, **how: Any) -> Request:
        raise ValueError("unknown line")

    with pytest.raises(OSError, match="/dev/gpiochip9 has no line 'LED'"):
        GpioOutput(GpioFeedback(chip="/dev/gpiochip9", line="LED"), request_lines)


def test_a_chip_that_is_not_there_is_an_os_error() -> None:
    with pytest.raises(OSError):  # noqa: PT011 - its text is the system's
        opener(GpioFeedback(chip="/dev/no-such-chip", line=1))()


def script(tmp_path: Path, code: str) -> ProgramFeedback:
    file = tmp_path / "feedback.py"
    file.write_text(code)
    return ProgramFeedback(command=(sys.executable, str(file)))


def test_a_program_gets_the_signals_name(tmp_path: Path) -> None:
    out = tmp_path / "out"
    feedback = script(tmp_path, f"import sys; open({str(out)!r}, 'w').write(repr(sys.argv[1:]))")
    output = opener(feedback)()
    output.begin("failing")
    output.turn(on=True)
    output.close()
    assert out.read_text() == "['failing']"


def test_a_program_that_fails_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="exit status 3"):
        ProgramOutput(script(tmp_path, "raise SystemExit(3)").command).begin("sent")


def test_a_program_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "PROGRAM_TIMEOUT_S", 0.05)
    with pytest.raises(OSError, match="timed out"):
        ProgramOutput(script(tmp_path, "import time; time.sleep(60)").command).begin("sent")


def test_a_program_that_is_not_there_is_an_os_error() -> None:
    with pytest.raises(OSError, match="no-such-program"):
        ProgramOutput(("/no-such-program",)).begin("sent")
