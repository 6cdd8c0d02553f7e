"""Incidents, presses and what hangs on them, as they are stored: a field is a column."""

from typing import Any, Literal

from msgspec import Struct, to_builtins

from contract.messages import (
    Disposition,
    IncidentClass,
    IncidentMark,
    IncidentOrigin,
    IncidentState,
    PanicKind,
    Stage,
)
from contract.salvage import Place
from dispatcher.answers import Cancel, EventType
from dispatcher.incident.stages import WAITING
from dispatcher.incident.states import outward

Reason = Literal["raised", "pressed", "escalated", "changed", "position"]
"""Why something is sent: the first three are alerts."""

TimerKind = Literal["escalate", "progress", "expire", "transfer"]


class IncidentRecord(Struct, kw_only=True):
    """An incident as it is stored; changed in place within a transaction, then saved."""

    id: str
    version: int
    class_: IncidentClass
    origin: IncidentOrigin
    state: IncidentState
    kind: PanicKind
    priority: int
    marks: list[IncidentMark]
    silent: bool
    unacknowledged: bool
    presses: int
    device: str | None
    opened_at: int
    changed_at: int
    phone: str | None = None
    case_number: str | None = None
    pressed_at: int | None = None
    acknowledged_at: int | None = None
    acknowledged_by: str | None = None
    dispatched_at: int | None = None
    dispatched_by: str | None = None
    on_scene_at: int | None = None
    on_scene_by: str | None = None
    closed_at: int | None = None
    closed_by: str | None = None
    disposition: Disposition | None = None
    alerts: int = 0
    alerted_at: int = 0
    jurisdiction: str | None = None
    transferred_at: int | None = None
    unheeded: bool = False
    assigned_to: str | None = None
    assigned_by: str | None = None
    assigned_at: int | None = None
    transfer_to: str | None = None
    transfer_by: str | None = None
    transfer_at: int | None = None
    merged_into: str | None = None
    step: int = 0
    called: list[str] | None = None
    review_at: int | None = None

    @property
    def open(self) -> bool:
        """Say whether it is not closed."""
        return self.state != "closed"

    @property
    def outward_state(self) -> IncidentState:
        """Return the state that others see."""
        return outward(self.state, unacknowledged=self.unacknowledged)

    @property
    def outward_acknowledged_at(self) -> int | None:
        """Return since when a person has it, None while any press waits."""
        return None if self.unacknowledged else self.acknowledged_at

    @property
    def on_board(self) -> bool:
        """Say whether consoles must show it: open, or ended before anybody acknowledged it."""
        unseen = self.unacknowledged and self.class_ == "production"
        return self.class_ != "canary" and (self.open or unseen)

    @property
    def awaits_progress(self) -> bool:
        """Say whether a person has it, and nobody has been sent yet."""
        acknowledged = self.state == "acknowledged" and not self.unacknowledged
        return self.class_ == "production" and acknowledged

    def reopen(self) -> None:
        """Forget what an earlier handling came to; its history remembers."""
        self.state = "raised"
        self.acknowledged_at = self.acknowledged_by = None
        self.dispatched_at = self.dispatched_by = None
        self.on_scene_at = self.on_scene_by = None
        self.closed_at = self.closed_by = self.disposition = None
        self.unheeded = False

    def outline(self) -> tuple[object, ...]:
        """Return what others are told when it changes."""
        return self.class_, self.kind, self.priority, self.silent, tuple(self.marks)


class OpenOutline(Struct, kw_only=True, frozen=True):
    """An open incident, in short."""

    id: str
    class_: IncidentClass
    opened_at: int
    unacknowledged: bool


class PressRecord(Struct, kw_only=True):
    """A press as it is stored; `id` is 0 until it is."""

    incident: str
    number: int
    origin: IncidentOrigin
    device: str | None
    kind: PanicKind
    silent: bool
    update: int
    stage: Stage
    marks: list[IncidentMark]
    received_at: int
    id: int = 0
    version: int = 0
    panic_id: str | None = None
    pressed_at: int | None = None
    presented_at: int | None = None
    acknowledged_at: int | None = None
    acknowledged_by: str | None = None
    note: str | None = None
    place: Place | None = None
    fixed_at: int | None = None
    placed_at: int | None = None
    alerted_at: int = 0
    committed_at: int | None = None
    cancel: Cancel | None = None

    @property
    def waiting(self) -> bool:
        """Say whether no person has acknowledged it."""
        return self.stage in WAITING

    @property
    def unreadable(self) -> bool:
        """Say whether it stands for panics without a readable id."""
        return self.origin == "panic" and self.panic_id is None


class DeliveryRecord(Struct, kw_only=True, frozen=True):
    """Something to be sent through one channel."""

    id: int
    incident: str
    channel: str
    number: int
    reason: Reason
    step: int | None
    position: int | None
    created_at: int
    due_at: int
    attempts: int


class TimerRecord(Struct, kw_only=True, frozen=True):
    """Something that falls due."""

    incident: str
    kind: TimerKind
    due_at: int
    armed_at: int
    step: int
    alone: bool = False


class EventRecord(Struct, kw_only=True, frozen=True):
    """Something that consoles are told."""

    id: int
    at: int
    type: EventType
    incident: str
    version: int
    txid: int | None = None


def columns(record: Struct) -> dict[str, Any]:
    """Return a record as the values of its row."""
    values: dict[str, Any] = to_builtins(record)
    return values
