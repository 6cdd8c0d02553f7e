"""What is stored. The type of a row decides its bucket: telemetry (sealed) or released."""

from dataclasses import dataclass
from typing import Literal, get_args

from msgspec import Struct

from contract.limits import BAD_CLOCK_MS
from contract.messages import Incident, Location, Status

LocationMark = Literal["bad_clock", "low_accuracy", "estimated", "simulated"]
"""What one report shows about itself; gaps, order and jumps are seen when reading."""
LOCATION_MARKS: tuple[LocationMark, ...] = get_args(LocationMark)

OLDEST_STATUS_MS = 30 * 86_400_000
"""A status dated further back is from a clock that was never set: trackers sleep for days."""

_NS = 1_000_000
"""Nanoseconds in a millisecond: the places for what shares one."""


class LocationRow(Struct, frozen=True, gc=False):
    """Bucket telemetry: where a tracker was. Unique: (device, time, seq mod 10^6)."""

    device: str
    location: Location
    marks: frozenset[LocationMark] = frozenset()


class StatusRow(Struct, frozen=True, gc=False):
    """Bucket released: how a tracker was. Unique: (device, at, connect), except `lost`."""

    device: str
    status: Status
    arrived_at: int


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """Bucket released: one version of an incident. Unique: (incident, version)."""

    incident: Incident
    changed_at: int
    presses: int = 1
    dispatched_at: int | None = None
    on_scene_at: int | None = None


@dataclass(frozen=True, slots=True)
class ReleasedPosition:
    """Bucket released, until `seal`: a position of an open incident."""

    incident: str
    device: str
    location: Location


TelemetryRow = LocationRow | StatusRow
ReleasedRow = IncidentRow | ReleasedPosition


def position_time_ns(location: Location) -> int:
    """Return when a position is stored: `time`, made unique within its millisecond by `seq`."""
    return location.time * _NS + location.seq % _NS


def status_time_ns(row: StatusRow) -> int:
    """Return when a status is stored: `at`, so that a repeat is no second row.

    `lost` was written before it happened, and some clocks are wrong: both count by arrival.
    """
    status = row.status
    plausible = row.arrived_at - OLDEST_STATUS_MS <= status.at <= row.arrived_at + BAD_CLOCK_MS
    lost = status.state == "lost"
    at = status.at if plausible and not lost else row.arrived_at
    return at * _NS + (2 * status.connect + lost) % _NS


def incident_time_ns(row: IncidentRow) -> int:
    """Return when a version is stored: `opened_at`, versions in order within its millisecond."""
    return row.incident.opened_at * _NS + min(row.incident.version, _NS - 1)
