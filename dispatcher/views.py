"""What is stored, as the desk answers it."""

import re
from collections.abc import Sequence
from functools import reduce
from typing import Any, Final

from dispatcher.answers import (
    DeskEvent,
    HistoryEntry,
    IncidentDetail,
    IncidentSummary,
    Place,
    Press,
    TrackerSeen,
)
from dispatcher.errors import UnknownCursorError
from dispatcher.following.whereabouts import SEALED, Whereabouts, best_fix, place_of
from dispatcher.incident.codes import graver
from dispatcher.records import EventRecord, IncidentRecord, PressRecord
from dispatcher.store.last_places import LastPlace
from dispatcher.store.trackers import TrackerRecord

_CHANGE_CURSOR: Final = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})\Z")
_CURSOR: Final = re.compile(r"([0-9]{1,16})\.([0-9a-f-]{36})\Z")


def summary(record: IncidentRecord) -> IncidentSummary:
    """Return an incident as lists show it."""
    return IncidentSummary(**_shared(record))


def detail(
    record: IncidentRecord,
    presses: Sequence[PressRecord],
    history: list[HistoryEntry],
    tracker: TrackerRecord | None,
    where: Whereabouts = SEALED,
    *,
    merged: Sequence[str] = (),
    linked: Sequence[str] = (),
) -> IncidentDetail:
    """Return an incident in full; `where` it is only while it is open."""
    return IncidentDetail(
        **_shared(record),
        press_list=[_press(each) for each in presses],
        history=history,
        dispatched_at=record.dispatched_at,
        on_scene_at=record.on_scene_at,
        assigned_at=record.assigned_at,
        assigned_by=record.assigned_by,
        transfer_at=record.transfer_at,
        transfer_by=record.transfer_by,
        cancel=reduce(graver, (press.cancel for press in presses), None),
        merged=list(merged),
        linked=list(linked),
        place=where.place,
        circle=where.circle,
        track=where.track,
        nearest=where.nearest,
        tracker=_seen(tracker),
        phone=record.phone,
        case_number=record.case_number,
    )


def place(
    record: IncidentRecord, presses: Sequence[PressRecord], last: LastPlace | None
) -> Place | None:
    """Return the best position, see `best_fix`; None unless the incident is open."""
    best = best_fix(presses, last) if record.open else None
    return None if best is None else place_of(*best)


def event(record: EventRecord, incident: IncidentRecord) -> DeskEvent:
    """Return something that happened, with its incident as it is now."""
    return DeskEvent(
        id=record.id,
        at=record.at,
        type=record.type,
        incident=record.incident,
        version=record.version,
        summary=summary(incident),
    )


def read_change_cursor(cursor: str) -> tuple[int, int]:
    """Return transaction and number of the last event of the page before.

    Raises:
        UnknownCursorError: the text is no cursor.
    """
    found = _CHANGE_CURSOR.match(cursor)
    if found is None:
        raise UnknownCursorError(f"{cursor[:80]!r} is no cursor of changes")
    return int(found[1]), int(found[2])


def cursor_of(record: IncidentRecord) -> str:
    """Return the cursor of the page that begins after this incident."""
    return f"{record.opened_at}.{record.id}"


def read_cursor(cursor: str) -> tuple[int, str]:
    """Return when the last incident of the page before was opened, and its id.

    Raises:
        UnknownCursorError: the text is no cursor.
    """
    found = _CURSOR.match(cursor)
    if found is None:
        raise UnknownCursorError(f"{cursor[:80]!r} is no cursor of a page of incidents")
    return int(found[1]), found[2]


def _shared(record: IncidentRecord) -> dict[str, Any]:
    shared = {name: getattr(record, name) for name in IncidentSummary.__struct_fields__}
    shared["state"] = record.outward_state
    shared["acknowledged_at"] = record.outward_acknowledged_at
    if record.unacknowledged:
        shared["acknowledged_by"] = None
    return shared


def _press(record: PressRecord) -> Press:
    return Press(**{name: getattr(record, name) for name in Press.__struct_fields__})


def _seen(tracker: TrackerRecord | None) -> TrackerSeen | None:
    if tracker is None:
        return None
    status = tracker.status
    return TrackerSeen(state=status.state, arrived_at=tracker.arrived_at, battery=status.battery)
