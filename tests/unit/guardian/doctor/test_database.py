"""The incident database as a file, and a server's settings."""

from pathlib import Path

import pytest

from dispatcher.settings import DatabaseSettings
from dispatcher.store import migrate
from dispatcher.store.engine import Database
from dispatcher.store.inspect import Inspected, inspect, shown
from guardian.doctor.database import _settings, _tables, _unreachable, examine
from guardian.doctor.finding import Finding
from runtime.clock import ManualClock
from tests.unit.guardian.doctor.made import bad


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/incidents.db"
    database = Database(url)
    migrate.upgrade(database)
    database.close()
    return url


def look(url: str) -> list[Finding]:
    return list(examine(DatabaseSettings(database_url=url), ManualClock()))


def test_a_good_file_gives_only_ok_lines_and_nothing_beside_it(url: str, tmp_path: Path) -> None:
    found = look(url)
    assert [each.name for each in found] == ["database.file", "database.tables"]
    assert bad(found) == []
    assert [each.name for each in tmp_path.iterdir()] == ["incidents.db"]


def test_a_file_that_a_dispatcher_has_open_is_read_as_well(url: str) -> None:
    database = Database(url)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
        assert bad(look(url)) == []
    database.close()


def test_a_file_that_is_not_there_is_a_warning_and_is_not_made(tmp_path: Path) -> None:
    (found,) = look(f"sqlite:///{tmp_path}/none.db")
    assert (found.name, found.level) == ("database.file", "warning")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("revision", "words", "remedy"),
    [("0000_before", "of a later Guardian", "install"), (None, "no tables yet", "start")],
)
def test_tables_of_another_version_are_told(
    url: str, revision: str | None, words: str, remedy: str
) -> None:
    database = Database(url)
    with database.writing() as connection:
        if revision is None:
            connection.exec_driver_sql("DELETE FROM alembic_version")
        else:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
    database.close()
    (found,) = bad(look(url))
    assert found.name == "database.tables"
    assert words in found.says
    assert remedy in str(found.remedy)


def test_tables_that_are_behind_are_a_fault() -> None:
    found = _tables("x", Inspected(revisions=("0001",), head="0002", known=True))
    assert found.level == "fault"
    assert "behind this version's (0002)" in found.says
    assert "restart" in str(found.remedy)


def test_a_damaged_file_is_one_line(url: str) -> None:
    Path(url.removeprefix("sqlite:///")).write_bytes(b"SQLite format 3\x00\x10\x00\x02\x02junk")
    (found,) = [each for each in look(url) if each.level != "ok"]
    assert (found.name, found.level) == ("database.file", "fault")
    assert "restore" in str(found.remedy)


def server(**changed: str) -> list[Finding]:
    settings = {"synchronous_commit": "on", "fsync": "on", "full_page_writes": "on",
                "transaction_read_only": "off"} | changed  # fmt: skip
    found = Inspected(revisions=("1",), head="1", known=True, settings=settings)
    return list(_settings("postgresql://db", found))


@pytest.mark.parametrize(
    ("name", "value", "level"),
    [
        ("fsync", "off", "fault"),
        ("full_page_writes", "off", "fault"),
        ("synchronous_commit", "off", "warning"),
        ("synchronous_commit", "local", "warning"),
        ("transaction_read_only", "on", "fault"),
    ],
)
def test_a_server_that_forgets_what_it_confirmed_is_told(name: str, value: str, level: str) -> None:
    (found,) = server(**{name: value})
    assert (found.name, found.level) == ("database.settings", level)
    assert found.remedy


def test_a_server_that_keeps_what_it_confirmed_is_well() -> None:
    assert [each.level for each in server()] == ["ok"]
    assert [each.level for each in server(synchronous_commit="remote_apply")] == ["ok"]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ('FATAL: Peer authentication failed for user "guardian"', "runuser -u guardian"),
        ('FATAL: role "root" does not exist', "runuser -u guardian"),
        ('FATAL: database "guardian" does not exist', "createdb"),
        ('FATAL: password authentication failed for user "x"', "GUARDIAN_DATABASE_URL"),
        ("connection refused", "systemctl status postgresql"),
    ],
)
def test_a_server_that_cannot_be_reached_has_its_remedy(reason: str, words: str) -> None:
    assert words in _unreachable(reason)


def test_a_password_is_never_shown() -> None:
    assert "s3cret" not in shown("postgresql://guardian:s3cret@db/guardian")


def test_inspecting_writes_nothing(url: str) -> None:
    before = Path(url.removeprefix("sqlite:///")).read_bytes()
    assert inspect(url).known
    assert Path(url.removeprefix("sqlite:///")).read_bytes() == before
