"""The file of the embedded store: opening it, its tables, and what older versions left in it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from runtime import logs
from telemetry_store.errors import DeniedError, RejectedError, UnavailableError
from telemetry_store.sqlite_body import body_of

VERSION = 1
"""PRAGMA user_version. 0: positions in the table `location`, with a column for each field."""
BUSY_TIMEOUT_S = 5.0
"""The other process holds the lock for one batch: some 50 ms, a second on a slow SD card."""
MOVE_ROWS = 5_000
"""Positions brought to the new table in one transaction, so that a kill costs only that one."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS position (
    device TEXT NOT NULL, ts INTEGER NOT NULL, marks INTEGER NOT NULL, body BLOB NOT NULL,
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
INSERT_POSITION = (
    "INSERT INTO position (device, ts, marks, body) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (device, ts) DO UPDATE SET marks = marks | excluded.marks, body = excluded.body"
)
_OLD_ROWS = (
    "SELECT device, ts, marks, boot, seq, lat, lon, alt, speed, course, accuracy, hdop, satellites,"
    ' fix, battery, "trigger", clock, jump, time_raw FROM location ORDER BY device, ts LIMIT ?'
)
_DENIED = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})

_log = logs.get(__name__)


def open_file(path: Path) -> sqlite3.Connection:
    """Open the file, make what is missing, and bring an older file to this version.

    Raises:
        UnavailableError: it cannot be opened; DeniedError: not with these permissions, or it is
            of a newer version.
    """
    with faults():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # WAL and SHM take these permissions
        db = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        with ExitStack() as on_failure:
            on_failure.callback(db.close)
            _prepare(db)
            on_failure.pop_all()
        return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Commit what is done inside, or nothing of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def faults() -> Iterator[None]:
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


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")  # acknowledged means: survives a power cut
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise DeniedError(f"the file has version {version}, of a newer Guardian: start that one")
    db.executescript(_SCHEMA)
    _move_old_positions(db)
    if version < VERSION:
        db.execute(f"PRAGMA user_version = {VERSION}")


def _move_old_positions(db: sqlite3.Connection) -> None:
    """Bring the positions of version 0 into the new table, and the old one's pages to use again.

    It is looked for at each start: who went back to an older Guardian meanwhile has one again.
    """
    if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'location'").fetchone():
        return
    moved = 0
    while count := _move_some(db):
        moved += count
    if moved:
        _log.info("positions_moved", rows=moved)


def _move_some(db: sqlite3.Connection) -> int:
    """Move the next rows in one transaction; drop the old table when there is none."""
    with transaction(db):
        if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'location'").fetchone():
            return 0
        old = db.execute(_OLD_ROWS, (MOVE_ROWS,)).fetchall()
        db.executemany(INSERT_POSITION, [(*row[:3], body_of(row[3:])) for row in old])
        db.executemany("DELETE FROM location WHERE device = ? AND ts = ?", [row[:2] for row in old])
        if not old:
            db.execute("DROP TABLE location")
        return len(old)
