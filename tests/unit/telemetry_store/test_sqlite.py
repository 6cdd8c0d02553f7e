"""The embedded store: the suite, and what only a file can do wrong."""

import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import telemetry_store.sqlite
import telemetry_store.sqlite_file
from contract.messages import Status
from telemetry_store.errors import DeniedError, UnavailableError
from telemetry_store.rows import LocationRow, ReleasedPosition, StatusRow
from telemetry_store.settings import DAY_MS, Retention
from telemetry_store.sqlite import SqliteStore
from tests.unit.telemetry_store.store_suite import BOOT, StoreSuite, place

KEEP = Retention(telemetry_days=30, released_days=365)
NOW = 1_700_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "telemetry.db"


class TestSqliteStore(StoreSuite):
    @pytest.fixture
    def store(self, path: Path) -> Iterator[SqliteStore]:
        opened = SqliteStore(path, KEEP)
        yield opened
        opened.close()


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(path, KEEP)
    yield opened
    opened.close()


def test_only_the_owner_may_read_the_files(store: SqliteStore, path: Path) -> None:
    """Positions lie in them; the log beside the file holds the same."""
    store.write([LocationRow("a", place(0, NOW))])
    files = list(path.parent.iterdir())
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_commit_is_on_disk_before_write_returns(store: SqliteStore) -> None:
    """Acknowledged means that a power cut does not take it: WAL with synchronous FULL."""
    assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_rows_are_there_after_closing_and_opening(path: Path) -> None:
    """A second start finds the first one's rows."""
    first = SqliteStore(path, KEEP)
    first.write([LocationRow("a", place(0, NOW))])
    first.close()
    second = SqliteStore(path, KEEP)
    assert second.last_position("a", NOW) == LocationRow("a", place(0, NOW))
    second.close()


def test_two_openers_write_at_once(path: Path) -> None:
    """Ingest and the dispatcher share the file; neither gets an error nor loses a row."""
    stores = [SqliteStore(path, KEEP) for _ in range(2)]

    def work(store: SqliteStore, name: str) -> None:
        for seq in range(100):
            store.write([LocationRow(name, place(seq, NOW + seq))])

    threads = [
        threading.Thread(target=work, args=(store, name))
        for store, name in zip(stores, "ab", strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(stores[0].track(name, 0, 2**53, 1000)) for name in "ab"] == [100, 100]
    for store in stores:
        store.close()


def test_a_lock_that_is_not_given_back_can_be_retried(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Transient: the caller waits and tries again, and then it works."""
    monkeypatch.setattr(telemetry_store.sqlite_file, "BUSY_TIMEOUT_S", 0.05)
    store = SqliteStore(path, KEEP)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UnavailableError, match="locked"):
        store.write([LocationRow("a", place(0, NOW))])
    other.execute("ROLLBACK")
    other.close()
    store.write([LocationRow("a", place(0, NOW))])
    assert store.last_position("a", NOW) is not None
    store.close()


def test_a_file_that_is_no_database_is_named_unavailable(path: Path) -> None:
    """Nothing is overwritten."""
    path.parent.mkdir()
    path.write_bytes(b"my holiday diary, " * 100)
    with pytest.raises(UnavailableError, match="not a database"):
        SqliteStore(path, KEEP)
    assert path.read_bytes().startswith(b"my holiday diary")


def test_a_folder_in_the_file_s_place_is_unavailable(path: Path) -> None:
    """The error names the path."""
    path.mkdir(parents=True)
    with pytest.raises(UnavailableError, match=r"telemetry\.db"):
        SqliteStore(path, KEEP)


def test_a_store_that_may_only_be_read_denies_writing(store: SqliteStore) -> None:
    """Waiting does not help; an administrator has to."""
    store._db.execute("PRAGMA query_only = 1")
    with pytest.raises(DeniedError):
        store.write([LocationRow("a", place(0, NOW))])


def test_a_failed_batch_leaves_no_open_transaction(store: SqliteStore) -> None:
    """The next batch is written as if nothing had been."""
    with pytest.raises(Exception, match="does not fit"):
        store.write([LocationRow("a", place(0, NOW)), LocationRow("a", place(1, 2**53))])
    store.write([LocationRow("a", place(2, NOW))])
    assert [row.location.seq for row in store.track("a", 0, 2**53, 9)] == [2]


def test_retention_is_kept_for_each_bucket(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tracker's old rows go, in several transactions, and nothing else."""
    monkeypatch.setattr(telemetry_store.sqlite, "PRUNE_ROWS", 7)
    store = SqliteStore(path, Retention(telemetry_days=30, released_days=60))
    for device in ("a", "b", "c"):
        store.write([LocationRow(device, place(day, NOW - day * DAY_MS)) for day in range(100)])
        statuses = [
            Status(at=NOW - d * DAY_MS, state="online", boot=BOOT, connect=d) for d in (10, 70)
        ]
        store.write([StatusRow(device, each, each.at) for each in statuses])
    store.release([ReleasedPosition("i", "a", place(d, NOW - d * DAY_MS)) for d in (10, 70)])
    assert store.prune(NOW) == 3 * 69 + 3 + 1
    assert store.prune(NOW) == 0
    assert [len(store.track(device, 0, 2**53, 999)) for device in "abc"] == [31, 31, 31]
    assert len(store.released_positions("i", 9)) == 1
    assert store.last_status("c") is not None
    store.close()


def test_a_track_reads_its_own_rows_only(store: SqliteStore) -> None:
    """A day out of a year is a range of the primary key, not a scan."""
    plan = store._db.execute(
        "EXPLAIN QUERY PLAN " + telemetry_store.sqlite._TRACK, ("a", 0, 1, 10)
    ).fetchall()
    assert "SEARCH position USING PRIMARY KEY (device=? AND ts>? AND ts<?)" in plan[0][3]
    assert len(plan) == 1


def test_a_writer_gets_its_turn_while_old_rows_are_deleted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process writes between two deletions: the lock is free in each pause."""
    monkeypatch.setattr(telemetry_store.sqlite, "PRUNE_ROWS", 10)
    store, other = SqliteStore(path, KEEP), SqliteStore(path, KEEP)
    store.write([LocationRow("a", place(seq, NOW - 90 * DAY_MS + seq)) for seq in range(50)])
    pauses: list[float] = []

    def pause(seconds: float) -> bool:
        other.write([LocationRow("b", place(len(pauses), NOW + len(pauses)))])
        pauses.append(seconds)
        return False

    monkeypatch.setattr(store._closing, "wait", pause)
    assert store.prune(NOW) == 50
    assert len(pauses) == 5
    assert len(store.track("b", 0, 2**53, 99)) == 5
    for each in (store, other):
        each.close()


def test_pruning_ends_with_the_store(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is to end does not wait for a year's rows."""
    monkeypatch.setattr(telemetry_store.sqlite, "PRUNE_ROWS", 10)
    store = SqliteStore(path, KEEP)
    store.write([LocationRow("a", place(seq, NOW - 90 * DAY_MS + seq)) for seq in range(50)])
    store._closing.set()
    assert store.prune(NOW) == 10
    store.close()


def test_the_room_of_deleted_rows_is_used_again(path: Path) -> None:
    """A store that keeps thirty days stays as large as thirty days are."""
    store = SqliteStore(path, KEEP)
    sizes = []
    for day in range(0, 200, 40):
        now = NOW + day * DAY_MS
        store.write([LocationRow("a", place(seq, now + seq)) for seq in range(2_000)])
        store.prune(now + DAY_MS)
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sizes.append(path.stat().st_size)
    assert sizes[-1] <= 1.1 * sizes[1]
    assert len(store.track("a", 0, 2**53, 9_999)) == 2_000
    store.close()
