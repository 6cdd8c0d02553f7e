"""Opening an incident from a call, within one transaction."""

import secrets
from typing import TYPE_CHECKING, Final

from contract.ids import parse_device, uuid7
from contract.limits import MAX_TEXT_CHARS
from contract.plain_text import plain
from dispatcher.incident.classes import class_of
from dispatcher.incident.priority import priority
from dispatcher.records import IncidentRecord, PressRecord
from dispatcher.store import incidents
from dispatcher.transactions.change import Change

if TYPE_CHECKING:
    from dispatcher.answers import CallOpening
    from dispatcher.routing import Routing
    from dispatcher.store.engine import Connection

MAX_NUMBER_CHARS: Final = 64
"""Longest phone or case number; E.164 has 15 digits, case numbers of the police under 40."""


def open_from_call(
    connection: "Connection", call: "CallOpening", actor: str, routing: "Routing", now: int
) -> Change:
    """Open an incident, or let the call join the tracker's open one; it alerts either way.

    Raises:
        InvalidIdError: the device id does not have its form.
    """
    device = None if call.device is None else parse_device(call.device)
    known = None if device is None else _joinable(connection, device)
    if known is None:
        change = Change(connection, _new_incident(device, now), routing, now, new=True)
    else:
        change = Change(connection, known, routing, now)
    incident = change.incident
    incident.phone = _short(call.phone) or incident.phone
    incident.case_number = _short(call.case_number) or incident.case_number
    note = None if call.note is None else plain(call.note, MAX_TEXT_CHARS)
    change.add_press(_press(incident, len(change.presses) + 1, note, now))
    if known is None:
        change.alert_first()
    else:
        change.alert_again()
    change.commit("raised" if known is None else "pressed", actor=actor, note=note)
    return change


def _joinable(connection: "Connection", device: str) -> IncidentRecord | None:
    class_ = class_of(device, "call")
    opened = incidents.lock_those_of(connection, device)
    return next((each for each in opened if each.class_ == class_), None)


def _new_incident(device: str | None, now: int) -> IncidentRecord:
    class_ = "production" if device is None else class_of(device, "call")
    return IncidentRecord(
        id=uuid7(now, secrets.token_bytes(10)),
        version=0,
        class_=class_,
        origin="call",
        state="raised",
        kind="call",
        priority=priority(class_, "call", silent=False, presses=1),
        marks=[],
        silent=False,
        unacknowledged=True,
        presses=1,
        device=device,
        opened_at=now,
        changed_at=now,
    )


def _press(incident: IncidentRecord, number: int, note: str | None, now: int) -> PressRecord:
    """A call counts as a press: somebody has to acknowledge it."""
    return PressRecord(
        incident=incident.id,
        number=number,
        origin="call",
        device=incident.device,
        kind="call",
        silent=False,
        update=0,
        stage="received",
        marks=[],
        received_at=now,
        note=note,
        alerted_at=now,
        committed_at=now,
    )


def _short(text: str | None) -> str | None:
    return None if text is None else plain(text, MAX_NUMBER_CHARS) or None
