"""The telemetry store in one SQLite file, for two processes at once. Both buckets are tables.

A track is a range of the primary key (device, time), so a day is read without touching the rest.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec

from contract.limits import BAD_CLOCK_MS
from contract.messages import Location, Status
from telemetry_store.errors import DeniedError, RejectedError, UnavailableError
from telemetry_store.rows import (
    LOCATION_MARKS,
    IncidentRow,
    LocationMark,
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

BUSY_TIMEOUT_S = 5.0
"""The other process holds the lock for one batch: some 50 ms, a second on a slow SD card."""
PRUNE_ROWS = 5_000
"""Rows deleted in one transaction, so that pruning never keeps a writer waiting for long."""

_NS = 1_000_000
_MAX_NS = 2**63 - 1
_COLUMNS = (
    "boot", "seq", "lat", "lon", "alt", "speed", "course", "accuracy", "hdop", "satellites",
    "fix", "battery", "trigger", "clock", "jump", "time_raw",
)  # fmt: skip
_SCHEMA = """
CREATE TABLE IF NOT EXISTS location (
    device TEXT NOT NULL, ts INTEGER NOT NULL, marks INTEGER NOT NULL,
    boot TEXT NOT NULL, seq INTEGER NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL,
    alt REAL, speed REAL, course REAL, accuracy REAL, hdop REAL, satellites INTEGER,
    fix TEXT, battery INTEGER, "trigger" TEXT, clock TEXT, jump INTEGER, time_raw INTEGER,
    PRIMARY KEY (device, ts)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS status (
    device TEXT NOT NULL, ts INTEGER NOT NULL, arrived_at INTEGER NOT NULL, status TEXT NOT NULL,
    PRIMARY KEY (device, ts)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS incident (
    incident TEXT NOT NULL, ts INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (incident, ts)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS released_track (
    incident TEXT NOT NULL, device TEXT NOT NULL, ts INTEGER NOT NULL, location TEXT NOT NULL,
    PRIMARY KEY (incident, device, ts)
) STRICT, WITHOUT ROWID;
"""
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)
_INSERT_LOCATION = (
    f"INSERT INTO location (device, ts, marks, {_NAMES})"  # noqa: S608 - our own names
    f" VALUES (?, ?, ?{', ?' * len(_COLUMNS)})"
    " ON CONFLICT (device, ts) DO UPDATE SET marks = marks | excluded.marks, "
    + ", ".join(f'"{name}" = excluded."{name}"' for name in _COLUMNS)
)
_SELECT_LOCATION = f"SELECT ts, marks, {_NAMES} FROM location WHERE device = ? AND "  # noqa: S608
_NEWEST = _SELECT_LOCATION + "ts <= ? AND marks & ? = 0 ORDER BY ts DESC LIMIT 1"
_TRACK = _SELECT_LOCATION + "ts >= ? AND ts < ? ORDER BY ts LIMIT ?"
_BITS: dict[LocationMark, int] = {mark: 1 << place for place, mark in enumerate(LOCATION_MARKS)}
_MARKS = [
    frozenset(mark for mark in LOCATION_MARKS if bits & _BITS[mark])
    for bits in range(1 << len(LOCATION_MARKS))
]
_DENIED = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})


class SqliteStore:
    """TelemetryStore in a file that only its owner may read."""

    def __init__(self, path: Path, retention: Retention) -> None:
        """Open the file and make what is missing.

        Raises:
            UnavailableError: it cannot be opened; DeniedError: not with these permissions.
        """
        self._retention = retention
        self._lock = Lock()
        with _faults():
            self._db = _open(path)

    def write(self, rows: Sequence[TelemetryRow]) -> None:
        """Store locations and statuses in one transaction."""
        places = [_location_values(row) for row in rows if isinstance(row, LocationRow)]
        statuses = [
            (row.device, status_time_ns(row), row.arrived_at, _text(row.status))
            for row in rows
            if isinstance(row, StatusRow)
        ]
        with self._transaction() as db:
            db.executemany(_INSERT_LOCATION, places)
            db.executemany("INSERT OR REPLACE INTO status VALUES (?, ?, ?, ?)", statuses)

    def prune(self, now_ms: int) -> int:
        """Delete rows past their retention, a few thousand in each transaction."""
        oldest = (now_ms - self._retention.telemetry_days * DAY_MS) * _NS
        oldest_released = (now_ms - self._retention.released_days * DAY_MS) * _NS
        return (
            self._prune("location", "device", oldest)
            + self._prune("status", "device", oldest_released)
            + self._prune("incident", "incident", oldest_released)
            + self._prune("released_track", "incident", oldest_released)
        )

    def last_position(self, device: str, now_ms: int) -> LocationRow | None:
        """Return the newest plausible position."""
        until = (now_ms + BAD_CLOCK_MS) * _NS
        found = self._read(_NEWEST, (device, until, _BITS["bad_clock"]))
        return _location_row(device, found[0]) if found else None

    def track(self, device: str, start_ms: int, end_ms: int, limit: int) -> list[LocationRow]:
        """Return positions with start <= time < end in order of time."""
        found = self._read(_TRACK, (device, start_ms * _NS, end_ms * _NS, limit))
        return [_location_row(device, values) for values in found]

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
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _faults():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _read(self, query: str, values: Sequence[str | int]) -> list[Any]:
        bounded = [min(value, _MAX_NS) if isinstance(value, int) else value for value in values]
        with self._lock, _faults():
            return self._db.execute(query, bounded).fetchall()

    def _prune(self, table: str, key: str, before_ns: int) -> int:
        """Delete rows before a time, one key after another along the primary key."""
        deleted, name = 0, ""
        following = f"SELECT min({key}) FROM {table} WHERE {key} > ?"  # noqa: S608 - our own names
        while (name := self._read(following, (name,))[0][0]) is not None:
            while count := self._prune_key(table, key, name, before_ns):
                deleted += count
        return deleted

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


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # WAL and SHM take these permissions
    db = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    with ExitStack() as on_failure:
        on_failure.callback(db.close)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # acknowledged means: survives a power cut
        db.executescript(_SCHEMA)
        on_failure.pop_all()
    return db


@contextmanager
def _faults() -> Iterator[None]:
    """Turn SQLite's exceptions into the store's."""
    try:
        yield
    except (OverflowError, sqlite3.DataError, sqlite3.IntegrityError) as error:
        raise RejectedError(f"a value does not fit: {type(error).__name__}") from None
    except PermissionError as error:
        raise DeniedError(f"{error.filename}: {error.strerror}") from error
    except OSError as error:
        raise UnavailableError(f"{error.filename}: {error.strerror}") from error
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in _DENIED:
            raise DeniedError(str(error)) from error
        raise UnavailableError(str(error)) from error


def _text(message: object) -> str:
    return msgspec.json.encode(message).decode()


def _location_values(row: LocationRow) -> tuple[Any, ...]:
    place = row.location
    return (
        row.device,
        position_time_ns(place),
        sum(_BITS[mark] for mark in row.marks),
        *(getattr(place, name) for name in _COLUMNS),
    )


def _location_row(device: str, values: tuple[Any, ...]) -> LocationRow:
    (
        ts, marks, boot, seq, lat, lon, alt, speed, course, accuracy, hdop, satellites,
        fix, battery, trigger, clock, jump, time_raw,
    ) = values  # fmt: skip
    place = Location(
        boot=boot,
        seq=seq,
        time=ts // _NS,
        lat=lat,
        lon=lon,
        alt=alt,
        speed=speed,
        course=course,
        accuracy=accuracy,
        hdop=hdop,
        satellites=satellites,
        fix=fix,
        battery=battery,
        trigger=trigger,
        clock=clock,
        jump=None if jump is None else bool(jump),
        time_raw=time_raw,
    )
    return LocationRow(device, place, _MARKS[marks])
