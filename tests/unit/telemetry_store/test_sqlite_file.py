"""Files that older, newer and other programs left."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry_store import sqlite_file
from telemetry_store.errors import DeniedError
from telemetry_store.rows import LocationRow
from telemetry_store.settings import Retention
from telemetry_store.sqlite import SqliteStore
from tests.unit.telemetry_store.store_suite import BOOT, place

KEEP = Retention(telemetry_days=30, released_days=365)
NOW = 1_700_000_000_000
OLD_TABLE = """
CREATE TABLE location (
    device TEXT NOT NULL, ts INTEGER NOT NULL, marks INTEGER NOT NULL,
    boot TEXT NOT NULL, seq INTEGER NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL,
    alt REAL, speed REAL, course REAL, accuracy REAL, hdop REAL, satellites INTEGER,
    fix TEXT, battery INTEGER, "trigger" TEXT, clock TEXT, jump INTEGER, time_raw INTEGER,
    PRIMARY KEY (device, ts)
) STRICT, WITHOUT ROWID;
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "telemetry.db"


@pytest.fixture
def old(path: Path) -> Iterator[sqlite3.Connection]:
    """A file of version 0 with ten positions of each of two trackers."""
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(OLD_TABLE)
    for device in "ab":
        for seq in range(10):
            add_old(db, device, seq)
    yield db
    db.close()


def add_old(db: sqlite3.Connection, device: str, seq: int) -> None:
    ts = (NOW + seq) * 1_000_000 + seq
    db.execute(
        "INSERT INTO location (device, ts, marks, boot, seq, lat, lon, fix, jump)"
        " VALUES (?, ?, 2, ?, ?, 25.033, 121.5654, 'rtk', 1)",
        (device, ts, BOOT, seq),
    )


def seqs(store: SqliteStore, device: str) -> list[int]:
    return [row.location.seq for row in store.track(device, 0, 2**53, 99)]


def tables(path: Path) -> set[str]:
    db = sqlite3.connect(path)
    names = {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}
    db.close()
    return names


def test_an_older_file_is_brought_to_this_version(
    path: Path, old: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every position in every field, in several transactions."""
    old.close()
    monkeypatch.setattr(sqlite_file, "MOVE_ROWS", 3)
    store = SqliteStore(path, KEEP)
    assert [seqs(store, device) for device in "ab"] == [list(range(10))] * 2
    expected = LocationRow(
        "a", place(3, NOW + 3, fix="rtk", jump=True), frozenset({"low_accuracy"})
    )
    assert store.track("a", NOW + 3, NOW + 4, 9) == [expected]
    store.close()
    assert "location" not in tables(path)


def test_a_move_that_was_killed_goes_on(
    path: Path, old: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was moved is moved; nothing is lost or there twice."""
    monkeypatch.setattr(sqlite_file, "MOVE_ROWS", 3)
    old.close()
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(sqlite_file._SCHEMA)
    assert sqlite_file._move_some(db) == 3
    db.close()
    store = SqliteStore(path, KEEP)
    assert [seqs(store, device) for device in "ab"] == [list(range(10))] * 2
    store.close()


def test_two_processes_may_move_at_once(
    path: Path, old: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ingest and the dispatcher are started together after an update."""
    monkeypatch.setattr(sqlite_file, "MOVE_ROWS", 3)
    old.close()
    other = sqlite3.connect(path, isolation_level=None)
    other.executescript(sqlite_file._SCHEMA)
    move = sqlite_file._move_some

    def in_turns(db: sqlite3.Connection) -> int:
        by_the_other = move(other)
        return move(db) + by_the_other

    monkeypatch.setattr(sqlite_file, "_move_some", in_turns)
    store = SqliteStore(path, KEEP)
    assert [seqs(store, device) for device in "ab"] == [list(range(10))] * 2
    store.close()
    other.close()


def test_who_went_back_and_comes_again_keeps_both(path: Path) -> None:
    """An older Guardian makes its old table anew, and its rows are moved at the next start."""
    store = SqliteStore(path, KEEP)
    store.write([LocationRow("a", place(50, NOW + 50))])
    store.close()
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(OLD_TABLE)
    add_old(db, "a", 1)
    db.close()
    again = SqliteStore(path, KEEP)
    assert seqs(again, "a") == [1, 50]
    again.close()


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    """An administrator has to start that version."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 7")
    db.close()
    with pytest.raises(DeniedError, match="newer Guardian"):
        SqliteStore(path, KEEP)
    assert tables(path) == set()
