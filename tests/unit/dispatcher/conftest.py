"""Fixtures of the dispatcher's tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from tests.unit.dispatcher.world import World


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, made once."""
    path = tmp_path_factory.mktemp("empty") / "incidents.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture
def database_url(empty_database: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(empty_database, tmp_path / 'incidents.db')}"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = World(database_url)
    yield made
    made.close()
