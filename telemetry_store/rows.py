"""What is stored. The type of a row decides its bucket: telemetry (sealed) or released."""

from dataclasses import dataclass
from typing import Literal

from contract.messages import Incident, Location, Status

LocationMark = Literal["bad_clock", "low_accuracy", "estimated", "simulated"]
"""What one report shows about itself; gaps, order and jumps are seen when reading."""

_SEQ_SLOTS = 1_000_000


def position_time_ns(location: Location) -> int:
    """Return when a position is stored: `time`, made unique within its millisecond by `seq`."""
    return location.time * 1_000_000 + location.seq % _SEQ_SLOTS


@dataclass(frozen=True, slots=True)
class LocationRow:
    """Bucket telemetry: where a tracker was. Unique: (device, time, seq mod 10^6)."""

    device: str
    location: Location
    marks: frozenset[LocationMark] = frozenset()


@dataclass(frozen=True, slots=True)
class StatusRow:
    """Bucket released: how a tracker was, dated by its arrival (`lost` has no other date)."""

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
