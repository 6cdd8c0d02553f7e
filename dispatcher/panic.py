"""A panic as it arrived, and the rows it begins with."""

import hashlib
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from contract.messages import IncidentClass
from contract.salvage import PanicReading
from dispatcher.incident import marks
from dispatcher.incident.classes import class_of
from dispatcher.incident.priority import priority
from dispatcher.records import IncidentRecord, PressRecord

_NAMESPACE: Final = uuid.UUID("7d0f1c5e-6a0b-5c7f-9d64-1f3f0d2b8a11")

MAX_FIRST_VERSION: Final = 1_000_000
"""Eleven days; a device may say that it was pressed in 1970."""


@dataclass(frozen=True)
class Panic:
    """A panic as it arrived."""

    device: str
    payload: bytes
    reading: PanicReading
    arrived_at: int
    arrived_s: float | None = None
    """The same on our monotonic clock; None where nobody measures."""

    @property
    def update(self) -> int | None:
        """Return the number of the update, None when it cannot be read."""
        return None if "update" in self.reading.unreadable else self.reading.update

    @property
    def class_(self) -> IncidentClass:
        """Return the class of an incident that this panic would open."""
        return class_of(self.device, self.reading.kind)

    @cached_property
    def payload_hash(self) -> str:
        """Return what names a panic without an id."""
        return hashlib.sha256(self.payload).hexdigest()

    @property
    def incident_id(self) -> str:
        """Return the id of the incident that this panic would open.

        It follows from the press, so that all dispatchers, and an alert from memory, agree on it.
        """
        return str(
            uuid.uuid5(_NAMESPACE, f"{self.device}/{self.reading.panic_id or self.payload_hash}")
        )


def new_incident(panic: Panic, class_: IncidentClass, now: int) -> IncidentRecord:
    """Return the incident that a panic opens."""
    kind, silent = panic.reading.kind, panic.reading.silent
    return IncidentRecord(
        id=panic.incident_id,
        version=0,
        class_=class_,
        origin="panic",
        state="raised",
        kind=kind,
        priority=priority(class_, kind, silent=silent, presses=1),
        marks=marks.of_arrival(panic.reading, panic.arrived_at),
        silent=silent,
        unacknowledged=True,
        presses=1,
        device=panic.device,
        opened_at=now,
        changed_at=now,
        pressed_at=panic.reading.pressed_at,
    )


def new_press(panic: Panic, incident: str, number: int, now: int) -> PressRecord:
    """Return the press that a panic begins; its location is taken over separately."""
    reading = panic.reading
    return PressRecord(
        incident=incident,
        number=number,
        origin="panic",
        device=panic.device,
        kind=reading.kind,
        silent=reading.silent,
        update=reading.update,
        stage="received",
        version=_first_version(panic),
        marks=marks.of_arrival(reading, panic.arrived_at),
        received_at=panic.arrived_at,
        panic_id=reading.panic_id,
        pressed_at=reading.pressed_at,
        note=reading.note,
        alerted_at=now,
        committed_at=now,
        cancel="requested" if reading.cancel else None,
    )


def _first_version(panic: Panic) -> int:
    """Return the version at which the receipts of a new press begin.

    0 for a press of now. One that is older, yet not known, may have been known before a backup was
    restored: its tracker passes over versions lower than the last it saw. A press changes less than
    once a second, so its age in seconds is higher than any of them.
    """
    reading = panic.reading
    age_ms = reading.age_ms
    if age_ms is None:
        age_ms = panic.arrived_at - (reading.pressed_at or panic.arrived_at)
    return min(max(0, age_ms) // 1000, MAX_FIRST_VERSION)
