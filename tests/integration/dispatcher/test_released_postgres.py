"""Incident databases that earlier releases have left on a PostgreSQL server."""

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from dispatcher.store.tables import metadata
from tests.released import dumps, incidents
from tests.released.compare import kept
from tests.services.postgres import Postgres

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("version", dumps.VERSIONS)
def test_it_is_upgraded_once_and_answers_as_before(version: str, postgres: Postgres) -> None:
    """By two dispatchers that start at once; then it is worked with as before."""
    url = postgres.database(f"released-{uuid4().hex}")
    folder = dumps.FOLDER / version
    dumps.load_postgresql((folder / "incidents.postgresql.sql").read_text(), url)
    databases = [Database(url) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(upgrade, databases))
    with databases[0].reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    for database in databases:
        database.close()
    answered = json.loads((folder / "answers.json").read_text())["postgresql"]
    assert kept(answered, incidents.answers(url)) == []
    incidents.goes_on(url)
