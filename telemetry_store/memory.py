"""The telemetry store in memory, for tests and simulations; it passes the suite of the others."""

from collections.abc import Sequence
from typing import Any

from contract.limits import BAD_CLOCK_MS
from telemetry_store.errors import RejectedError
from telemetry_store.rows import (
    IncidentRow,
    LocationRow,
    ReleasedPosition,
    ReleasedRow,
    StatusRow,
    TelemetryRow,
    incident_time_ns,
    position_time_ns,
    status_time_ns,
)
from telemetry_store.settings import DAY_MS, Retention

_NS = 1_000_000
_MAX = 2**63 - 1
_KEEP = Retention(telemetry_days=30, released_days=365)


class MemoryStore:
    """TelemetryStore in dictionaries, keyed as the others key their rows."""

    def __init__(self, retention: Retention = _KEEP) -> None:
        self._retention = retention
        self.locations: dict[tuple[str, int], LocationRow] = {}
        self.statuses: dict[tuple[str, int], StatusRow] = {}
        self.incidents: dict[tuple[str, int], IncidentRow] = {}
        self.positions: dict[tuple[str, str, int], ReleasedPosition] = {}

    def write(self, rows: Sequence[TelemetryRow]) -> None:
        """Store locations and statuses."""
        _refuse_unfit(rows)
        for row in rows:
            if isinstance(row, StatusRow):
                self.statuses[row.device, status_time_ns(row)] = row
            else:
                key = row.device, position_time_ns(row.location)
                before = self.locations.get(key, row)
                self.locations[key] = LocationRow(
                    row.device, row.location, row.marks | before.marks
                )

    def prune(self, now_ms: int) -> int:
        """Delete rows past their retention."""
        oldest = (now_ms - self._retention.telemetry_days * DAY_MS) * _NS
        oldest_released = (now_ms - self._retention.released_days * DAY_MS) * _NS
        return (
            _drop_older(self.locations, oldest)
            + _drop_older(self.statuses, oldest_released)
            + _drop_older(self.incidents, oldest_released)
            + _drop_older(self.positions, oldest_released)
        )

    def last_position(self, device: str, now_ms: int) -> LocationRow | None:
        """Return the newest plausible position."""
        until = (now_ms + BAD_CLOCK_MS) * _NS
        plausible = [
            (ts, row)
            for (name, ts), row in self.locations.items()
            if name == device and ts <= until and "bad_clock" not in row.marks
        ]
        return max(plausible, key=lambda found: found[0])[1] if plausible else None

    def track(self, device: str, start_ms: int, end_ms: int, limit: int) -> list[LocationRow]:
        """Return positions with start <= time < end in order of time."""
        return [
            row
            for (name, ts), row in sorted(self.locations.items(), key=lambda found: found[0])
            if name == device and start_ms * _NS <= ts < end_ms * _NS
        ][:limit]

    def devices(self, start_ms: int, end_ms: int) -> list[str]:
        """Return every tracker with positions then."""
        return sorted({name for name, ts in self.locations if start_ms * _NS <= ts < end_ms * _NS})

    def release(self, rows: Sequence[ReleasedRow]) -> None:
        """Store incidents and positions."""
        _refuse_unfit(rows)
        for row in rows:
            if isinstance(row, IncidentRow):
                self.incidents[row.incident.incident, incident_time_ns(row)] = row
            else:
                self.positions[row.incident, row.device, position_time_ns(row.location)] = row

    def seal(self, incident: str) -> None:
        """Delete the incident's positions."""
        for key in [key for key in self.positions if key[0] == incident]:
            del self.positions[key]

    def released_positions(self, incident: str, limit: int) -> list[ReleasedPosition]:
        """Return an incident's positions in order of time."""
        found = [(key[2], row) for key, row in self.positions.items() if key[0] == incident]
        return [row for _, row in sorted(found, key=lambda each: each[0])][:limit]

    def incident(self, incident: str) -> IncidentRow | None:
        """Return the incident's highest version."""
        versions = [key for key in self.incidents if key[0] == incident]
        return self.incidents[max(versions)] if versions else None

    def last_status(self, device: str) -> StatusRow | None:
        """Return the newest status."""
        times = [key for key in self.statuses if key[0] == device]
        return self.statuses[max(times)] if times else None

    def close(self) -> None:
        """Do nothing; what was written can still be looked at."""


def _refuse_unfit(rows: Sequence[TelemetryRow | ReleasedRow]) -> None:
    """Refuse what no store can hold: integers beyond 64 bits."""
    for row in rows:
        place = row.location if isinstance(row, LocationRow | ReleasedPosition) else None
        if place and max(position_time_ns(place), abs(place.time_raw or 0)) > _MAX:
            raise RejectedError("a value does not fit: beyond 64 bits")


def _drop_older(rows: dict[Any, Any], oldest_ns: int) -> int:
    old = [key for key in rows if key[-1] < oldest_ns]
    for key in old:
        del rows[key]
    return len(old)
