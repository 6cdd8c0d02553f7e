"""A dispatcher's desk on PostgreSQL."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from dispatcher.store.tables import metadata
from tests.services.postgres import Postgres
from tests.unit.dispatcher.world import World


@pytest.fixture(scope="session")
def migrated_url(postgres: Postgres) -> str:
    """Return a migrated database, made once: that takes longer than any test."""
    url = postgres.database(f"desk-{uuid4().hex}")
    database = Database(url)
    upgrade(database)
    database.close()
    return url


@pytest.fixture
def database_url(migrated_url: str) -> Iterator[str]:
    """Return an empty migrated database."""
    yield migrated_url
    database = Database(migrated_url)
    with database.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    database.close()


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = World(database_url)
    yield made
    made.close()
