"""What is stored, as the desk answers it."""

import re
from collections.abc import Sequence
from typing import Any, Final

from dispatcher.answers import (
    HistoryEntry,
    IncidentDetail,
    IncidentSummary,
    Place,
    Press,
    TrackerSeen,
)
from dispatcher.errors import UnknownCursorError
from dispatcher.incident import fixes
from dispatcher.records import IncidentRecord, PressRecord
from dispatcher.store.trackers import TrackerRecord

_CURSOR: Final = re.compile(r"([0-9]{1,16})\.([0-9a-f-]{36})\Z")


def summary(record: IncidentRecord) -> IncidentSummary:
    """Return an incident as lists show it."""
    return IncidentSummary(**_shared(record))


def detail(
    record: IncidentRecord,
    presses: Sequence[PressRecord],
    history: list[HistoryEntry],
    tracker: TrackerRecord | None,
) -> IncidentDetail:
    """Return an incident in full."""
    return IncidentDetail(
        **_shared(record),
        press_list=[_press(each) for each in presses],
        history=history,
        dispatched_at=record.dispatched_at,
        on_scene_at=record.on_scene_at,
        place=place(record, presses),
        tracker=_seen(tracker),
        phone=record.phone,
        case_number=record.case_number,
    )


def place(record: IncidentRecord, presses: Sequence[PressRecord]) -> Place | None:
    """Return the best position, see `fixes.rank`; None unless the incident is open."""
    press = fixes.best(presses) if record.open else None
    if press is None or press.place is None:
        return None
    found = press.place
    return Place(
        lat=found.lat,
        lon=found.lon,
        received_at=press.placed_at or press.received_at,
        time=found.time,
        accuracy=found.accuracy,
        alt=found.alt,
        speed=found.speed,
        course=found.course,
    )


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
