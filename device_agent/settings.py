"""What a tracker is told: its name, its brokers, its serial port and its buttons."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from contract.errors import InvalidIdError
from contract.ids import parse_device
from contract.messages import PanicKind
from device_agent.backlog import MIN_LIMIT
from device_agent.baud import FASTEST, SLOWEST
from device_agent.pace import Intervals
from runtime.settings import BrokerSettings, LogSettings, setting

HOLD_S = 1.5
"""Long enough that a bag does not press it, short enough for a frightened person."""
DEBOUNCE_MS = 10
"""Contacts bounce for 1 to 10 ms."""
STATE_DIR = Path("/var/lib/guardian")
MAX_STATE_DIR_BYTES = 90
"""The address of the local socket in it may have 104 bytes on macOS, 108 on Linux."""

Command = Annotated[tuple[str, ...], Meta(min_length=1)]
"""A program and its arguments; no shell reads them."""
HoldSeconds = Annotated[float, Meta(ge=0, le=30)]


class GpioButton(Struct, frozen=True, kw_only=True, tag="gpio"):
    """A GPIO line, by number or name."""

    chip: str
    line: int | str
    active_low: bool = True
    bias: Literal["as_is", "pull_up", "pull_down", "disabled"] = "as_is"
    debounce_ms: Annotated[int, Meta(ge=0, le=1000)] = DEBOUNCE_MS
    kind: PanicKind = "button"
    silent: bool = False
    hold_s: HoldSeconds = HOLD_S


class SerialLineButton(Struct, frozen=True, kw_only=True, tag="serial_line"):
    """A control line of the receiver's serial port."""

    line: Literal["cts", "dsr", "ri"]
    active_low: bool = False
    kind: PanicKind = "button"
    silent: bool = False
    hold_s: HoldSeconds = HOLD_S


class InputEventButton(Struct, frozen=True, kw_only=True, tag="input_event"):
    """A key of a Linux input device, by its code in linux/input-event-codes.h."""

    path: Path
    code: Annotated[int, Meta(ge=0, le=0x2FF)]
    kind: PanicKind = "button"
    silent: bool = False
    hold_s: HoldSeconds = HOLD_S


class SignalButton(Struct, frozen=True, kw_only=True, tag="signal"):
    """SIGUSR1, which has no hold time."""

    kind: PanicKind = "button"
    silent: bool = False


class GpioFeedback(Struct, frozen=True, kw_only=True, tag="gpio"):
    """A light, buzzer or vibrator on a GPIO line."""

    chip: str
    line: int | str
    active_low: bool = False


class ProgramFeedback(Struct, frozen=True, kw_only=True, tag="program"):
    """A program that is run with the signal's name: sent, received, seen, closed or failing."""

    command: Command


class Keypad(Struct, frozen=True, kw_only=True):
    """A Linux input device on whose digits the holder types a code to cancel."""

    path: Path


Feedback = GpioFeedback | ProgramFeedback
LineButton = GpioButton | SerialLineButton | InputEventButton
Button = LineButton | SignalButton


def _device(text: str) -> None:
    try:
        parse_device(text)
    except InvalidIdError as error:
        raise ValueError(str(error)) from error


def _short_enough(path: Path) -> None:
    if len(os.fsencode(path)) > MAX_STATE_DIR_BYTES:
        raise ValueError(f"expected at most {MAX_STATE_DIR_BYTES} bytes, as it holds a socket")


@dataclass(frozen=True, kw_only=True)
class StateSettings:
    """Where a process keeps its files."""

    state_dir: Path = setting(
        "GUARDIAN_STATE_DIR",
        default=STATE_DIR,
        check=_short_enough,
        help="where the agent keeps its files",
    )


@dataclass(frozen=True, kw_only=True)
class AgentSettings(StateSettings, BrokerSettings, LogSettings):
    """Settings of `guardian agent run`."""

    device: str = setting(
        "GUARDIAN_DEVICE", check=_device, help="the tracker's id, as it was enrolled"
    )
    serial_port: Path = setting("GUARDIAN_SERIAL_PORT", help="the GPS receiver's port")
    serial_baud: int = setting(
        "GUARDIAN_SERIAL_BAUD",
        default=9600,
        minimum=SLOWEST,
        maximum=FASTEST,
        help="its speed in baud; tried first, then the last good one, then the usual ones",
    )
    interval_s: float = setting(
        "GUARDIAN_INTERVAL_S",
        default=10.0,
        minimum=0,
        maximum=86400,
        help="seconds between position reports on the way; 0 reports every fix",
    )
    rest_interval_s: float = setting(
        "GUARDIAN_REST_INTERVAL_S",
        default=60.0,
        minimum=0,
        maximum=86400,
        help="seconds between position reports at rest, where that is longer",
    )
    panic_interval_s: float = setting(
        "GUARDIAN_PANIC_INTERVAL_S",
        default=5.0,
        minimum=1,
        maximum=60,
        help="seconds between a panic's updates after its first minute; three times that on a low"
        " battery",
    )
    panic_fast_for_s: float = setting(
        "GUARDIAN_PANIC_FAST_FOR_S",
        default=60.0,
        minimum=0,
        maximum=3600,
        help="seconds in which a panic is updated every second",
    )
    battery: Path | None = setting(
        "GUARDIAN_BATTERY",
        default=None,
        help="the battery's folder under /sys/class/power_supply; absent: the first one there",
    )
    outbox_max_reports: int = setting(
        "GUARDIAN_OUTBOX_MAX_REPORTS",
        default=10_000,
        minimum=MIN_LIMIT,
        maximum=1_000_000,
        help="positions kept while nobody stores them; then the oldest are thinned (0.7 KB each)",
    )
    buttons: Literal["signal", "signal-silent", "none"] = setting(
        "GUARDIAN_BUTTONS",
        default="signal",
        help="the button without a [[button]] table: SIGUSR1, silent or not, or none",
    )
    button: tuple[Button, ...] = setting(
        "GUARDIAN_BUTTON",
        default=(),
        help="[[button]] tables, each with type = gpio, serial_line, input_event or signal",
    )

    outbox_max_age_days: float = setting(
        "GUARDIAN_OUTBOX_MAX_AGE_DAYS",
        default=30.0,
        minimum=0.01,
        maximum=3650,
        help="days after which an unstored position is given up; as the store's retention",
    )
    feedback: tuple[Feedback, ...] = setting(
        "GUARDIAN_FEEDBACK",
        default=(),
        help="[[feedback]] tables, each with type = gpio or program: what the holder notices",
    )
    keypad: tuple[Keypad, ...] = setting(
        "GUARDIAN_KEYPAD",
        default=(),
        help="[[keypad]] tables, each with the path of an input device: where codes are typed",
    )
    message_program: tuple[str, ...] = setting(
        "GUARDIAN_MESSAGE_PROGRAM",
        default=(),
        help="a program and its arguments; gets each message of the dispatcher, unless the device"
        " has to be still",
    )
    fallback: tuple[str, ...] = setting(
        "GUARDIAN_FALLBACK",
        default=(),
        help="a program and its arguments; gets a panic that nobody has received for 30 s as a text"
        " of at most 140 characters, for an SMS modem or a mesh radio",
    )

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        super().__post_init__()
        if sum(isinstance(each, SignalButton) for each in self.button) > 1:
            raise ValueError("button: there is only one SIGUSR1, so only one type = 'signal'")

    @property
    def intervals(self) -> Intervals:
        """Return how often to report."""
        return Intervals(
            moving_s=self.interval_s,
            rest_s=self.rest_interval_s,
            panic_s=self.panic_interval_s,
            panic_fast_for_s=self.panic_fast_for_s,
        )

    def all_buttons(self) -> tuple[Button, ...]:
        """Return the tables, or the button of the simple form."""
        if self.button or self.buttons == "none":
            return self.button
        return (SignalButton(silent=self.buttons == "signal-silent"),)
