"""What the threads tell the working loop."""

from dataclasses import dataclass
from queue import SimpleQueue  # noqa: TC003
from typing import Any

from contract.messages import PanicKind
from device_agent.nmea.reader import Epoch
from runtime.mqtt.interface import Incoming, Up


@dataclass(frozen=True, slots=True)
class Heard:
    """The receiver completed an epoch, at monotonic seconds."""

    epoch: Epoch
    at: float


@dataclass(frozen=True, slots=True)
class PortState:
    """The serial port was opened, or is gone."""

    open: bool


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button was pressed for long enough; `at` in monotonic seconds."""

    kind: PanicKind
    silent: bool
    at: float
    source: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """A button is active for longer than anybody presses one, or has come free again."""

    source: str
    stuck: bool


@dataclass(frozen=True, slots=True)
class ButtonLost:
    """A button's line cannot be opened, or is there again: nobody can press it meanwhile."""

    source: str
    lost: bool


@dataclass(frozen=True, slots=True)
class BatteryRead:
    """The battery has changed; None where the kernel does not say."""

    percent: int | None
    charging: bool | None


@dataclass(frozen=True, slots=True)
class CodeTyped:
    """The holder typed a code to cancel."""

    code: str


@dataclass(frozen=True, slots=True)
class TextGiven:
    """The program for texts has ended; `ok` when it took the text."""

    panic_id: str
    ok: bool


@dataclass(frozen=True, slots=True)
class PressSaved:
    """The disk has a press with this update."""

    panic_id: str
    update: int


@dataclass(frozen=True, slots=True)
class DiskState:
    """The disk refuses the outbox, or takes it again."""

    ok: bool


@dataclass(frozen=True, slots=True)
class OutboxReset:
    """The outbox was damaged and begun anew: everything known has to be written again."""


@dataclass(frozen=True, slots=True)
class LinkDown:
    """A connection ended."""

    connection: int
    reason: str


@dataclass(frozen=True, slots=True)
class Puback:
    """The broker answered a message; `failure` says why it refused it."""

    packet: int
    connection: int
    failure: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody on this machine asks something; the answer goes into `answer`."""

    question: dict[str, Any]
    answer: "SimpleQueue[dict[str, Any]]"


Event = (
    Heard | PortState | Pressed | Stuck | ButtonLost | BatteryRead | CodeTyped | TextGiven
    | PressSaved | DiskState | OutboxReset | Up | LinkDown | Incoming | Puback | Asked
)  # fmt: skip
