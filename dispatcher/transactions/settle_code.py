"""Carrying out what a typed code was, within one transaction.

Nothing here may change a receipt: whoever stands beside the holder sees the tracker. So a press
keeps its stage, its version and its incident, whatever the code was.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatcher.incident import codes, marks
from dispatcher.store import codes as rows
from dispatcher.store import incidents, links, presses
from dispatcher.store.engine import StoreConflictError
from dispatcher.transactions.change import Change

if TYPE_CHECKING:
    from dispatcher.records import IncidentRecord, PressRecord
    from dispatcher.routing import Routing
    from dispatcher.store.codes import TypedCode
    from dispatcher.store.engine import Connection


@dataclass(frozen=True)
class Compared:
    """A typed code, and which of the holder's it is."""

    typed: "TypedCode"
    is_pin: bool
    is_duress: bool


def settle(
    connection: "Connection", compared: Compared, routing: "Routing", now: int
) -> tuple[codes.Outcome, Change | None] | None:
    """Mark what the code was; None when another dispatcher has done it."""
    press, locked = _lock(connection, compared.typed)
    wrong = rows.count_wrong(connection, press.incident)
    outcome = codes.outcome(
        is_pin=compared.is_pin, is_duress=compared.is_duress, wrong_before=wrong
    )
    if not rows.settle(connection, compared.typed.id, outcome):
        return None
    incident = locked[press.incident]
    change = Change(connection, incident, routing, now)
    if outcome == "duress" and not incident.open:
        return outcome, _call_again(change, press, locked)
    return outcome, _mark(change, press.id, outcome)


def _lock(
    connection: "Connection", typed: "TypedCode"
) -> tuple["PressRecord", dict[str, "IncidentRecord"]]:
    press = presses.get(connection, typed.press)
    found = incidents.lock_those_of(connection, typed.device, press.incident)
    locked = {each.id: each for each in found}
    press = presses.get(connection, typed.press)
    if press.incident not in locked:
        raise StoreConflictError("the press has moved to another incident meanwhile")
    return press, locked


def _mark(change: Change, number: int, outcome: codes.Outcome) -> Change | None:
    press = next(each for each in change.presses if each.id == number)
    known = press.marks
    press.cancel = codes.graver(press.cancel, outcome)
    press.marks = marks.after_code(known, outcome)
    presses.save(change.connection, press)
    if outcome == "duress":
        change.call_for_somebody()
        change.alert_again()
    elif not change.incident.open:
        return None
    elif press.marks != known:
        change.alert("changed")
    change.commit(outcome if outcome != "wrong" else "wrong_code")
    return change


def _call_again(
    change: Change, press: "PressRecord", locked: dict[str, "IncidentRecord"]
) -> Change | None:
    """Let a duress code raise a closed incident anew, or the tracker's open one, if there is one.

    There the press stays where it is: its receipts name the incident.
    """
    connection, incident = change.connection, change.incident
    other = next((each for each in locked.values() if _is_like(each, incident)), None)
    if other is not None:
        links.add(connection, incident.id, other.id, change.now, None)
        there = Change(connection, other, change.routing, change.now)
        return _mark(there, there.presses[-1].id, "duress")
    incident.reopen()
    marked = next(each for each in change.presses if each.id == press.id)
    marked.cancel, marked.marks = "duress", marks.after_code(marked.marks, "duress")
    presses.save(connection, marked)
    change.call_for_somebody()
    change.alert_first()
    change.release_all()
    change.commit("duress")
    return change


def _is_like(other: "IncidentRecord", incident: "IncidentRecord") -> bool:
    return other.open and other.class_ == incident.class_ and other.id != incident.id
