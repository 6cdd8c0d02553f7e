"""A database is looked at without being changed."""

from pathlib import Path

import pytest

from dispatcher.errors import StoreUnavailableError
from dispatcher.store import migrate
from dispatcher.store.engine import Database
from dispatcher.store.inspect import inspect, shown, sqlite_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "in a folder" / "incidents.db"
    found.parent.mkdir()
    database = Database(f"sqlite:///{found}")
    migrate.upgrade(database)
    database.close()
    return found


def test_its_tables_are_compared_with_this_versions(path: Path) -> None:
    found = inspect(f"sqlite:///{path}")
    assert found.revisions == (found.head,)
    assert found.known
    assert (found.version, found.settings, found.now_ms) == (None, {}, None)


def test_nothing_is_written_or_left_behind(path: Path) -> None:
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    inspect(f"sqlite:///{path}")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [each.name for each in path.parent.iterdir()] == ["incidents.db"]


def test_what_a_running_dispatcher_has_not_checkpointed_counts(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    found = inspect(f"sqlite:///{path}")
    database.close()
    assert found.revisions == ("9999",)
    assert not found.known


def test_one_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError):
        inspect(f"sqlite:///{tmp_path}/none.db")
    assert list(tmp_path.iterdir()) == []


def test_what_a_url_names() -> None:
    assert sqlite_file("sqlite:////var/lib/incidents.db") == Path("/var/lib/incidents.db")
    assert sqlite_file("postgresql://guardian:s3cret@db/guardian") is None
    assert (
        shown("postgresql://guardian:s3cret@db/guardian") == "postgresql://guardian:***@db/guardian"
    )
