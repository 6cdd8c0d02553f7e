"""Transactions on SQLite, and what its errors mean."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from dispatcher.errors import StoreUnavailableError
from dispatcher.store import engine
from dispatcher.store.engine import Database, StoreConflictError


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'x.db'}")
    with made.writing() as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER PRIMARY KEY)"))
    yield made
    made.close()


def numbers(database: Database) -> list[int]:
    with database.reading() as connection:
        return [row[0] for row in connection.execute(text("SELECT n FROM t ORDER BY n"))]


def add(database: Database, number: int) -> None:
    with database.writing() as connection:
        connection.execute(text("INSERT INTO t VALUES (:n)"), {"n": number})


def test_what_is_committed_is_on_disk(database: Database) -> None:
    with database.reading() as connection:
        modes = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert modes == ["wal", 2, 1]


def test_an_exception_undoes_the_whole_transaction(database: Database) -> None:
    def fail() -> None:
        with database.writing() as connection:
            connection.execute(text("INSERT INTO t VALUES (1)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert numbers(database) == []
    add(database, 2)
    assert numbers(database) == [2]


def test_who_comes_second_decides_again(database: Database) -> None:
    add(database, 1)
    with pytest.raises(StoreConflictError):
        add(database, 1)


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    add(database, 1)
    with database.writing() as connection:
        connection.execute(text("INSERT INTO t VALUES (2)"))
        assert numbers(database) == [1]
    assert numbers(database) == [1, 2]


def test_a_reader_sees_one_state(database: Database) -> None:
    add(database, 1)
    with database.reading() as connection:
        query = text("SELECT count(*) FROM t")
        assert connection.execute(query).scalar() == 1
        add(database, 2)
        assert connection.execute(query).scalar() == 1


def test_a_lock_held_by_another_process_is_not_waited_for_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LOCK_WAIT_S", 0.05)
    database = Database(f"sqlite:///{tmp_path / 'y.db'}")
    other = sqlite3.connect(tmp_path / "y.db", isolation_level=None)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError, match="locked"):
        add(database, 1)
    other.close()
    database.close()


def test_a_lock_held_by_another_thread_is_not_waited_for_for_long(database: Database) -> None:
    with (
        database.writing(),
        pytest.raises(StoreUnavailableError, match="locked"),
        database.writing(wait_s=0.05),
    ):
        pass


def test_a_full_disk_is_said_to_be_one(database: Database) -> None:
    add(database, 1)

    def fill() -> None:
        with database.writing() as connection:
            connection.execute(text("PRAGMA max_page_count=4"))
            for number in range(2, 10_000):
                connection.execute(text("INSERT INTO t VALUES (:n)"), {"n": number})

    with pytest.raises(StoreUnavailableError, match="full"):
        fill()
    assert numbers(database) == [1]


@pytest.mark.parametrize("content", [b"this is no database" * 100])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "z.db").write_bytes(content)
    database = Database(f"sqlite:///{tmp_path / 'z.db'}")
    with pytest.raises(StoreUnavailableError), database.writing():
        pass
    database.close()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")
    with pytest.raises(StoreUnavailableError), database.writing():
        pass
    database.close()


def test_only_the_dispatcher_s_user_may_read_what_panics_carried(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'incidents.db'}")
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("incidents.db", "incidents.db-wal", "incidents.db-shm"), 0o600)
    database.close()
