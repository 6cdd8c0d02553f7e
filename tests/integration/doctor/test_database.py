"""The incident database on a real PostgreSQL."""

import shutil
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from dispatcher.settings import DatabaseSettings
from dispatcher.store import inspect, migrate
from dispatcher.store.engine import Database
from guardian.demo.probes import HOST, free_ports
from guardian.doctor.database import examine
from guardian.doctor.finding import Finding
from runtime.clock import ManualClock, SystemClock
from tests.integration.doctor.looking import bad
from tests.services.postgres import GivenPostgres, Postgres

pytestmark = pytest.mark.integration


@pytest.fixture
def url(postgres: Postgres | GivenPostgres) -> str:
    return postgres.database(f"doctor-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def migrated(url: str) -> str:
    database = Database(url)
    migrate.upgrade(database)
    database.close()
    return url


def look(url: str) -> list[Finding]:
    return list(examine(DatabaseSettings(database_url=url), SystemClock()))


def run(url: str, statement: str) -> None:
    plain = url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement)


def test_a_healthy_one_gives_only_ok_lines(migrated: str) -> None:
    found = look(migrated)
    assert bad(found) == []
    assert [each.name for each in found] == [
        "database.reach", "database.settings", "database.tables", "clock.servers",
        "version.postgresql",
    ]  # fmt: skip


def test_an_empty_one_is_a_warning_and_stays_empty(url: str) -> None:
    (found,) = bad(look(url))
    assert (found.name, found.level) == ("database.tables", "warning")
    assert bad(look(url)) == [found]


def test_one_of_a_later_version_is_a_fault(migrated: str) -> None:
    run(migrated, "UPDATE alembic_version SET version_num = '9999'")
    (found,) = bad(look(migrated))
    assert (found.name, found.level) == ("database.tables", "fault")
    assert "later Guardian" in found.says


def test_one_whose_migrations_are_behind_is_a_fault(
    migrated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later version of Guardian looks at it, with one script more."""
    scripts = tmp_path / "migrations"
    shutil.copytree(inspect._SCRIPTS, scripts)
    head = look(migrated)[2].says.partition("(")[2].rstrip(")")
    (scripts / "versions" / "9998_next.py").write_text(
        f"revision = '9998'\ndown_revision = {head!r}\ndef upgrade(): ...\n"
    )
    monkeypatch.setattr(inspect, "_SCRIPTS", scripts)
    (found,) = bad(look(migrated))
    assert (found.name, found.level) == ("database.tables", "fault")
    assert f"({head}) are behind this version's (9998)" in found.says
    assert "systemctl restart guardian-dispatcher" in str(found.remedy)


def test_one_that_confirms_before_it_is_on_disk_is_told(migrated: str) -> None:
    name = urlsplit(migrated).path.removeprefix("/")
    run(migrated, f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    (found,) = bad(look(migrated))
    assert (found.name, found.level) == ("database.settings", "warning")
    assert "synchronous_commit is off" in found.says
    assert "ALTER DATABASE" in str(found.remedy)


def test_one_that_only_reads_is_a_fault(migrated: str) -> None:
    name = urlsplit(migrated).path.removeprefix("/")
    run(migrated, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    (found,) = bad(look(migrated))
    assert "takes no writes" in found.says


def test_a_server_without_fsync_is_a_fault(
    postgres: Postgres | GivenPostgres, migrated: str
) -> None:
    if isinstance(postgres, GivenPostgres):
        pytest.skip("the server is not ours to spoil")
    run(migrated, "ALTER SYSTEM SET fsync = off")
    try:
        run(migrated, "SELECT pg_reload_conf()")
        found = _until_bad(migrated)
    finally:
        run(migrated, "ALTER SYSTEM RESET fsync")
        run(migrated, "SELECT pg_reload_conf()")
    assert (found.name, found.level) == ("database.settings", "fault")
    assert "fsync is off" in found.says


def test_a_database_that_is_not_there_is_named(url: str) -> None:
    (found,) = look(url + "-none")
    assert (found.name, found.level) == ("database.reach", "fault")
    assert "createdb" in str(found.remedy)


def test_a_server_that_does_not_run_is_named_without_its_password() -> None:
    port = free_ports(1)[0]
    (found,) = look(f"postgresql://guardian:s3cret@{HOST}:{port}/guardian")
    assert found.name == "database.reach"
    assert "s3cret" not in f"{found.about} {found.says} {found.remedy}"


def test_a_server_whose_clock_is_elsewhere_is_a_fault(migrated: str) -> None:
    ours = ManualClock(now_ms=SystemClock().now_ms() + 90_000)
    (found,) = bad(list(examine(DatabaseSettings(database_url=migrated), ours)))
    assert (found.name, found.about) == ("clock.servers", "PostgreSQL's host")


def _until_bad(url: str) -> Finding:
    """Return the first fault; a reload takes a moment to reach new sessions."""
    from tests.services.choice import wait_until  # noqa: PLC0415

    wait_until(lambda: bad(look(url)), "the server to read its settings")
    return bad(look(url))[0]
