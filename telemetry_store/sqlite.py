"""The telemetry store in one SQLite file, for two processes at once. Both buckets are tables.

A track is a range of the primary key (device, time), so a day is read without touching the rest.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock
from typing import Any

import msgspec

from contract.limits import BAD_CLOCK_MS
from contract.messages import Location, Status
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
from telemetry_store.sqlite_body import BITS, packed, unpacked
from telemetry_store.sqlite_file import INSERT_POSITION, faults, open_file, transaction

PRUNE_ROWS = 5_000
"""Rows deleted in one transaction, so that pruning never keeps a writer waiting for long."""
PRUNE_PAUSE_S = 0.05
"""The pause after each: SQLite asks for its lock at most 100 ms apart, and should find it free."""

_NS = 1_000_000
_MAX_NS = 2**63 - 1
_NEWEST = (
    "SELECT ts, marks, body FROM position WHERE device = ? AND ts <= ? AND marks & ? = 0"
    " ORDER BY ts DESC LIMIT 1"
)
_TRACK = (
    "SELECT ts, marks, body FROM position WHERE device = ? AND ts >= ? AND ts < ?"
    " ORDER BY ts LIMIT ?"
)


class SqliteStore:
    """TelemetryStore in a file that only its owner may read."""

    def __init__(self, path: Path, retention: Retention) -> None:
        """Open the file and make what is missing.

        Raises:
            UnavailableError: it cannot be opened; DeniedError: not with these permissions.
        """
        self._retention = retention
        self._lock = Lock()
        self._closing = Event()
        self._db = open_file(path)

    def write(self, rows: Sequence[TelemetryRow]) -> None:
        """Store locations and statuses in one transaction."""
        with faults():
            places = [packed(row) for row in rows if isinstance(row, LocationRow)]
        statuses = [
            (row.device, status_time_ns(row), row.arrived_at, _text(row.status))
            for row in rows
            if isinstance(row, StatusRow)
        ]
        with self._transaction() as db:
            db.executemany(INSERT_POSITION, places)
            db.executemany("INSERT OR REPLACE INTO status VALUES (?, ?, ?, ?)", statuses)

    def prune(self, now_ms: int) -> int:
        """Delete rows past their retention, a few thousand in each transaction."""
        oldest = (now_ms - self._retention.telemetry_days * DAY_MS) * _NS
        oldest_released = (now_ms - self._retention.released_days * DAY_MS) * _NS
        return (
            self._prune("position", "device", oldest)
            + self._prune("status", "device", oldest_released)
            + self._prune("incident", "incident", oldest_released)
            + self._prune("released_track", "incident", oldest_released)
        )

    def last_position(self, device: str, now_ms: int) -> LocationRow | None:
        """Return the newest plausible position."""
        until = (now_ms + BAD_CLOCK_MS) * _NS
        found = self._read(_NEWEST, (device, until, BITS["bad_clock"]))
        return next(iter(unpacked(device, found)), None)

    def track(self, device: str, start_ms: int, end_ms: int, limit: int) -> list[LocationRow]:
        """Return positions with start <= time < end in order of time."""
        found = self._read(_TRACK, (device, start_ms * _NS, end_ms * _NS, limit))
        return unpacked(device, found)

    def devices(self, start_ms: int, end_ms: int) -> list[str]:
        """Return every tracker with positions at any time."""
        del start_ms, end_ms
        return list(self._keys("position", "device"))

    def release(self, rows: Sequence[ReleasedRow]) -> None:
        """Store incidents and positions in one transaction."""
        incidents = [
            (row.incident.incident, incident_time_ns(row), _text(row))
            for row in rows
            if isinstance(row, IncidentRow)
        ]
        places = [
            (row.incident, row.device, position_time_ns(row.location), _text(row.location))
            for row in rows
            if isinstance(row, ReleasedPosition)
        ]
        with self._transaction() as db:
            db.executemany("INSERT OR REPLACE INTO incident VALUES (?, ?, ?)", incidents)
            db.executemany("INSERT OR REPLACE INTO released_track VALUES (?, ?, ?, ?)", places)

    def seal(self, incident: str) -> None:
        """Delete the incident's positions."""
        with self._transaction() as db:
            db.execute("DELETE FROM released_track WHERE incident = ?", (incident,))

    def released_positions(self, incident: str, limit: int) -> list[ReleasedPosition]:
        """Return an incident's positions in order of time."""
        found = self._read(
            "SELECT device, location FROM released_track WHERE incident = ? ORDER BY ts LIMIT ?",
            (incident, limit),
        )
        return [
            ReleasedPosition(incident, device, msgspec.json.decode(location, type=Location))
            for device, location in found
        ]

    def incident(self, incident: str) -> IncidentRow | None:
        """Return the incident's highest version."""
        found = self._read(
            "SELECT body FROM incident WHERE incident = ? ORDER BY ts DESC LIMIT 1", (incident,)
        )
        return msgspec.json.decode(found[0][0], type=IncidentRow) if found else None

    def last_status(self, device: str) -> StatusRow | None:
        """Return the newest status."""
        found = self._read(
            "SELECT status, arrived_at FROM status WHERE device = ? ORDER BY ts DESC LIMIT 1",
            (device,),
        )
        if not found:
            return None
        status, arrived_at = found[0]
        return StatusRow(device, msgspec.json.decode(status, type=Status), arrived_at)

    def close(self) -> None:
        """Close the file; pruning ends at its next pause."""
        self._closing.set()
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, faults(), transaction(self._db):
            yield self._db

    def _read(self, query: str, values: Sequence[str | int]) -> list[Any]:
        bounded = [min(value, _MAX_NS) if isinstance(value, int) else value for value in values]
        with self._lock, faults():
            return self._db.execute(query, bounded).fetchall()

    def _prune(self, table: str, key: str, before_ns: int) -> int:
        """Delete rows before a time, one key after another along the primary key."""
        deleted = 0
        for name in self._keys(table, key):
            while count := self._prune_key(table, key, name, before_ns):
                deleted += count
                if self._closing.wait(PRUNE_PAUSE_S):
                    return deleted
        return deleted

    def _keys(self, table: str, key: str) -> Iterator[str]:
        """Return each value of the key's first column, by one step down the tree for each."""
        following = f"SELECT min({key}) FROM {table} WHERE {key} > ?"  # noqa: S608 - our own names
        name = ""
        while (name := self._read(following, (name,))[0][0]) is not None:
            yield name

    def _prune_key(self, table: str, key: str, name: str, before_ns: int) -> int:
        cut = self._read(
            f"SELECT ts FROM {table} WHERE {key} = ? AND ts < ? ORDER BY ts LIMIT {PRUNE_ROWS}",  # noqa: S608 - our own names
            (name, before_ns),
        )
        if not cut:
            return 0
        with self._transaction() as db:
            delete = f"DELETE FROM {table} WHERE {key} = ? AND ts <= ?"  # noqa: S608 - our own names
            return db.execute(delete, (name, cut[-1][0])).rowcount


def _text(message: object) -> str:
    return msgspec.json.encode(message).decode()
