"""From a button's settings to its thread."""

from collections.abc import Callable

from device_agent.buttons.line import ButtonThread, Line
from device_agent.buttons.serial_line import SerialLine
from device_agent.buttons.signals import SignalThread
from device_agent.events import Event
from device_agent.serial_port import Port
from device_agent.settings import (
    Button,
    GpioButton,
    InputEventButton,
    SerialLineButton,
    SignalButton,
)
from runtime.clock import Clock
from runtime.lifecycle import Stopping


def button_thread(
    name: str,
    button: Button,
    post: Callable[[Event], None],
    *,
    port: Port,
    clock: Clock,
    stopping: Stopping,
    beat: Callable[[], None],
) -> Callable[[], None]:
    """Return what the button's thread is to run."""
    if isinstance(button, SignalButton):
        kind, silent = button.kind, button.silent
        return SignalThread(post, kind=kind, silent=silent, clock=clock, stopping=stopping).run
    thread = ButtonThread(
        name,
        _opener(button, port=port, clock=clock, stopping=stopping),
        post,
        kind=button.kind,
        silent=button.silent,
        hold_s=button.hold_s,
        clock=clock,
        stopping=stopping,
        beat=beat,
    )
    return thread.run


def _opener(
    button: GpioButton | SerialLineButton | InputEventButton,
    *,
    port: Port,
    clock: Clock,
    stopping: Stopping,
) -> Callable[[], Line]:
    """Import only what this button needs: gpiod exists on Linux alone."""
    if isinstance(button, GpioButton):
        from device_agent.buttons.gpio import GpioLine  # noqa: PLC0415 - see above

        return lambda: GpioLine(button)
    if isinstance(button, InputEventButton):
        from device_agent.buttons.input_event import KeyLine  # noqa: PLC0415 - see above

        return lambda: KeyLine(button.path, button.code)
    return lambda: SerialLine(
        lambda: port.line(button.line),
        clock=clock,
        stopping=stopping,
        active_low=button.active_low,
    )
