from pathlib import Path
from threading import Thread

import pytest

from device_agent.buttons.open import button_thread
from device_agent.events import Event
from device_agent.serial_port import Port
from device_agent.settings import Button, GpioButton, InputEventButton, SerialLineButton
from runtime.clock import SystemClock
from runtime.lifecycle import EXIT_SETTINGS, Stopping
from tests.unit.device_agent.test_serial_port import Bench


def run_for(button: Button, port: Port, stopping: Stopping) -> Thread:
    events: list[Event] = []
    target = button_thread(
        "button-1",
        button,
        events.append,
        port=port,
        clock=SystemClock(),
        stopping=stopping,
        beat=lambda: None,
    )
    thread = Thread(target=target)
    thread.start()
    return thread


@pytest.mark.parametrize(
    "button",
    [
        GpioButton(chip="/dev/gpiochip-missing", line=1),
        InputEventButton(path=Path("/dev/input/event-missing"), code=1),
        SerialLineButton(line="cts"),
    ],
)
def test_a_button_that_is_not_there_is_waited_for(button: Button, tmp_path: Path) -> None:
    bench, stopping = Bench(tmp_path), Stopping()
    thread = run_for(button, bench.port, stopping)
    assert not stopping.wait(0.2)
    stopping.stop("test")
    thread.join(3)
    assert not thread.is_alive()


def test_a_control_line_of_a_pseudo_terminal_ends_the_process_with_a_reason(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    bench.plug_in()
    bench.thread.start()
    thread = run_for(SerialLineButton(line="cts"), bench.port, bench.stopping)
    thread.join(4)
    assert bench.stopping.exit_code == EXIT_SETTINGS
    assert "no control lines" in str(bench.stopping.reason)
    bench.thread.join(3)
