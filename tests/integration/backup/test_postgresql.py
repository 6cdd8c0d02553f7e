"""Dumps and restores on a real server: what is in the way, what is put aside, what comes back."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from dispatcher.store.engine import Database
from dispatcher.store.migrate import known_revisions, upgrade
from guardian.backup.errors import InUseError, SourceError, TargetError
from guardian.backup.postgresql import Server
from tests.released import incidents
from tests.released.dumps import plain_url
from tests.services.postgres import GivenPostgres, Postgres

pytestmark = pytest.mark.integration

ASIDE = "before_restore_20270115t080000z"


@pytest.fixture(scope="module")
def fresh(postgres: Postgres | GivenPostgres) -> Callable[[], str]:
    """Return what makes an empty database and returns its URL."""
    return lambda: postgres.database(f"dump-{uuid4().hex}")


@pytest.fixture(scope="module")
def dump(fresh: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """Return a dump of a database with a story in it, and the version that made it."""
    url = filled(fresh())
    target = tmp_path_factory.mktemp("dump") / "dump"
    server = Server(url)
    assert server.revision() == max(known_revisions())
    return target, server.dump(target)


def filled(url: str) -> str:
    migrate(url)
    incidents.tell(url)
    return url


def migrate(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()


def schemas(url: str) -> set[str]:
    with psycopg.connect(plain_url(url)) as connection:
        rows = connection.execute("SELECT schema_name FROM information_schema.schemata").fetchall()
    return {row[0] for row in rows}


def test_a_dump_is_yours_alone_and_comes_back_whole(
    dump: tuple[Path, int], fresh: Callable[[], str]
) -> None:
    assert dump[0].stat().st_mode & 0o777 == 0o600
    url = fresh()
    assert not Server(url).restore(*dump, aside=ASIDE), "there was nothing to put aside"
    assert ASIDE not in schemas(url)
    migrate(url)
    incidents.goes_on(url)


def test_what_is_there_is_not_overwritten_unasked(
    dump: tuple[Path, int], fresh: Callable[[], str]
) -> None:
    url = filled(fresh())
    before = incidents.answers(url)
    with pytest.raises(TargetError, match="--replace"):
        Server(url).restore(*dump, aside=None)
    assert incidents.answers(url) == before


def test_what_is_there_is_put_aside_and_in_no_later_backup(
    dump: tuple[Path, int], fresh: Callable[[], str], tmp_path: Path
) -> None:
    url = fresh()
    migrate(url)
    server = Server(url)
    assert server.restore(*dump, aside=ASIDE)
    assert ASIDE in schemas(url)
    migrate(url)
    incidents.goes_on(url)
    made_with = server.dump(tmp_path / "later")
    other = fresh()
    Server(other).restore(tmp_path / "later", made_with, aside=None)
    assert ASIDE not in schemas(other)


def test_a_restore_that_fails_leaves_what_was_there(
    dump: tuple[Path, int], fresh: Callable[[], str], tmp_path: Path
) -> None:
    url = filled(fresh())
    before = incidents.answers(url)
    broken = tmp_path / "broken"
    broken.write_bytes(dump[0].read_bytes()[:-4000])
    with pytest.raises(TargetError, match="pg_restore"):
        Server(url).restore(broken, dump[1], aside=ASIDE)
    assert incidents.answers(url) == before


def test_a_database_that_a_dispatcher_uses_is_in_use(
    dump: tuple[Path, int], fresh: Callable[[], str]
) -> None:
    url = fresh()
    running = Database(url)
    upgrade(running)
    with pytest.raises(InUseError, match="stop"):
        Server(url).restore(*dump, aside=ASIDE)
    running.close()
    assert ASIDE not in schemas(url)


def test_what_is_no_incident_database_is_no_source(fresh: Callable[[], str]) -> None:
    with pytest.raises(SourceError, match="alembic_version"):
        Server(fresh()).revision()
    with pytest.raises(SourceError):
        Server("postgresql://nobody@127.0.0.1:1/none").revision()
