"""Rows of InfluxQL answers back to ours. A row that others have spoilt costs that row alone."""

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from contract.messages import Incident, Location, Status
from runtime import logs
from telemetry_store.rows import (
    LOCATION_MARKS,
    IncidentRow,
    LocationRow,
    ReleasedPosition,
    StatusRow,
)

T = TypeVar("T")
_NS = 1_000_000
_log = logs.get(__name__)


def locations(answer: Iterable[dict[str, Any]]) -> list[LocationRow]:
    """Read rows of measurement `location`."""
    rows = []
    for found in answer:
        place = _location(found)
        if place is not None:
            marks = frozenset(mark for mark in LOCATION_MARKS if found.get(mark))
            rows.append(LocationRow(found["device"], place, marks))
    return rows


def released(answer: Iterable[dict[str, Any]]) -> list[ReleasedPosition]:
    """Read rows of measurement `released_track`."""
    return [
        ReleasedPosition(found["incident"], found["device"], place)
        for found in answer
        if (place := _location(found)) is not None
    ]


def statuses(answer: Iterable[dict[str, Any]]) -> list[StatusRow]:
    """Read rows of measurement `status`."""
    return [
        StatusRow(found["device"], status, found["arrived_at"])
        for found in answer
        if (status := _converted(_parted(found, "commands", "faults"), Status)) is not None
    ]


def incidents(answer: Iterable[dict[str, Any]]) -> list[IncidentRow]:
    """Read rows of measurement `incident`."""
    return [
        IncidentRow(
            incident,
            found["changed_at"],
            found["presses"],
            found.get("dispatched_at"),
            found.get("on_scene_at"),
        )
        for found in answer
        if (incident := _converted(_parted(found, "marks"), Incident)) is not None
    ]


def _location(found: dict[str, Any]) -> Location | None:
    return _converted({**found, "time": found["time"] // _NS}, Location)


def _parted(found: dict[str, Any], *names: str) -> dict[str, Any]:
    lists = {name: found[name].split(",") if found[name] else [] for name in names if name in found}
    return {**found, **lists}


def _converted(found: dict[str, Any], kind: type[T]) -> T | None:
    try:
        return msgspec.convert(found, kind)
    except msgspec.ValidationError as error:
        _log.warning("stored_row_unreadable", kind=kind.__name__, reason=str(error))
        return None
