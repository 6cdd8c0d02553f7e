"""Copies of databases that others use."""

import multiprocessing
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from guardian.backup import sqlite_file
from guardian.backup.errors import InUseError, SourceError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE pair (a INTEGER, b INTEGER)")
    return path


def rows(path: Path) -> list[tuple[int, int]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT a, b FROM pair ORDER BY a").fetchall()


def test_a_copy_is_of_one_moment_while_another_writes(path: Path, tmp_path: Path) -> None:
    """Each transaction is in it wholly or not at all, and all that were committed before."""
    stop, some = Event(), Event()

    def write() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            number = 0
            while not stop.is_set():
                database.execute("BEGIN IMMEDIATE")
                database.execute("INSERT INTO pair VALUES (?, 0)", (number,))
                database.execute("UPDATE pair SET b = ? WHERE a = ?", (number, number))
                database.execute("COMMIT")
                number += 1
                if number == 50:
                    some.set()

    writer = Thread(target=write)
    writer.start()
    try:
        assert some.wait(4)
        before = len(rows(path))
        sqlite_file.snapshot(path, tmp_path / "copy.db")
    finally:
        stop.set()
        writer.join()
    copied = rows(tmp_path / "copy.db")
    assert len(copied) >= before
    assert copied == [(number, number) for number in range(len(copied))]


def test_a_copy_is_one_file_of_ours_alone(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    sqlite_file.snapshot(path, folder / "copy.db")
    (copy,) = folder.iterdir()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_what_stands_in_the_log_alone_is_copied(path: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("INSERT INTO pair VALUES (1, 2)")
        assert path.with_name("a.db-wal").stat().st_size > 0
        sqlite_file.snapshot(path, tmp_path / "copy.db")
    assert rows(tmp_path / "copy.db") == [(1, 2)]


def test_a_damaged_or_missing_database_is_no_source(path: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no database"):
        sqlite_file.snapshot(tmp_path / "none.db", tmp_path / "copy1.db")
    path.write_bytes(b"not a database, but as long as one has to be" * 100)
    with pytest.raises(SourceError):
        sqlite_file.snapshot(path, tmp_path / "copy2.db")


def test_a_disk_without_room_is_named(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))
    with pytest.raises(SourceError, match="--scratch"):
        sqlite_file.snapshot(path, tmp_path / "copy.db")


def _hold(path: Path, ready: "multiprocessing.synchronize.Event", done: Event) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("SELECT count(*) FROM pair").fetchone()
        ready.set()
        done.wait(4)


def test_a_database_that_another_process_has_open_is_in_use(path: Path) -> None:
    """Though it does nothing with it at the moment, as a dispatcher between two presses."""
    context = multiprocessing.get_context("fork")
    ready, done = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(path, ready, done))
    process.start()
    try:
        assert ready.wait(4)
        with pytest.raises(InUseError, match="stop"):
            sqlite_file.settle(path)
    finally:
        done.set()
        process.join()
    sqlite_file.settle(path)
    assert not path.with_name("a.db-wal").exists()


def test_a_damaged_or_absent_database_is_nobodys(tmp_path: Path) -> None:
    sqlite_file.settle(tmp_path / "none.db")
    (tmp_path / "broken.db").write_bytes(b"not a database, but as long as one has to be" * 100)
    sqlite_file.settle(tmp_path / "broken.db")
    assert not (tmp_path / "none.db").exists()


def test_another_database_is_no_incident_database(path: Path) -> None:
    with pytest.raises(SourceError, match="alembic_version"):
        sqlite_file.revision(path)
