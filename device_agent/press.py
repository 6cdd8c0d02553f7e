"""One press: what the outbox keeps of it, and how its sending stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Literal

from msgspec import Struct

from contract.limits import (
    PANIC_PUBACK_TIMEOUT_S,
    PANIC_RECEIVED_TIMEOUT_S,
    PANIC_RESEND_FIRST_S,
    PANIC_TIMEOUT_MAX_S,
)
from contract.messages import ClockSource, Location, PanicKind, Stage

_MAX_DOUBLINGS = 8
"""Far beyond the longest patience; more would leave the range of a float one day."""

State = Literal["calling", "following", "ended"]

STATE_OF: dict[Stage | None, State] = {
    None: "calling",
    "received": "following",
    "presented": "following",
    "acknowledged": "following",
    "dispatched": "following",
    "on_scene": "following",
    "reopened": "following",
    "closed": "ended",
}
"""What the tracker does at each stage: call for a receipt, report on, or stop."""


class TypedCode(Struct, frozen=True, kw_only=True):
    """What the holder typed to cancel; kept only until a receipt covers the update that has it."""

    code: str
    at: int
    update: int


class PressRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the outbox keeps of a press."""

    panic_id: str
    kind: PanicKind
    silent: bool
    pressed_at: int
    clock: ClockSource
    update: int = 0
    location: Location | None = None
    covered: int = -1
    """The highest update that a receipt named; -1 before the first."""
    version: int = -1
    stage: Stage | None = None
    cancelled: bool = False
    """Whether any code was typed; which one makes no difference here."""
    codes: list[TypedCode] = []
    """Those that no receipt covers yet."""
    note: str | None = None


@dataclass
class Press:
    """One press: what is kept of it, and how its sending stands."""

    row: PressRow
    pressed: float | None
    """Monotonic seconds of the press; None when an earlier run of the agent took it."""
    known_since: float = 0.0
    """Monotonic seconds since when this run knows of it."""
    leads: bool = True
    """Whether it gets updates: only the newest does, and no test displaces a real one."""
    skip: int = 0
    """How many numbers the next update leaves out."""
    save_by: float | None = None
    """Until then the disk may take its time; None when the row is on disk."""
    next_send: float = 0.0
    pause: float = PANIC_RESEND_FIRST_S
    next_update: float = 0.0
    placed_at: float = -inf
    """Since when the newest update has its place; before the first place of this run: never."""
    sent_update: int = -1
    """The highest update that went out; -1 before the first sending of this run."""
    unreadable: bool = False
    connections: int = 0
    """On how many connections it was sent without a receipt that covers it."""
    waiting_since: float | None = None
    """Since when this connection owes it a receipt; None when it was not sent on it."""
    puback: bool = False

    @property
    def state(self) -> State:
        """Return what the tracker does about it."""
        return STATE_OF[self.row.stage]

    @property
    def hushed(self) -> bool:
        """Say whether the device must not sound, light up or vibrate for it, nor show a text."""
        return self.row.silent or self.row.cancelled

    @property
    def open(self) -> bool:
        """Say whether something has to be sent: no receipt covers the newest update.

        What the holder typed is sent even after the end: it may be the code for duress.
        """
        if self.state == "ended" and not self.row.codes:
            return False
        return self.row.covered < self.row.update

    def send_at(self) -> float:
        """Return when it may go out: its turn, and its row on disk or waited for enough."""
        return self.next_send if self.save_by is None else max(self.next_send, self.save_by)

    def overdue(self, now: float) -> str | None:
        """Return why the live connection is to be given up, or None."""
        limit = self.give_up_at()
        if self.waiting_since is None or limit is None or now < limit:
            return None
        missing = "receipt" if self.puback else "PUBACK"
        return f"a press had no {missing} for {now - self.waiting_since:.0f} s"

    def give_up_at(self) -> float | None:
        """Return when the live connection will have owed an answer for too long.

        The patience doubles with each connection that did not bring one.
        """
        if not self.open or self.waiting_since is None or self.unreadable:
            return None
        first_s = PANIC_RECEIVED_TIMEOUT_S if self.puback else PANIC_PUBACK_TIMEOUT_S
        patience_s = first_s * 2.0 ** min(self.connections - 1, _MAX_DOUBLINGS)
        return self.waiting_since + min(patience_s, PANIC_TIMEOUT_MAX_S)


def must_be_still(presses: Iterable[Press]) -> bool:
    """Say whether some press that is not over forbids any sound, light or text."""
    return any(press.hushed and press.state != "ended" for press in presses)
