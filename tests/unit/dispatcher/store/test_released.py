"""Incident databases that earlier releases have left on disk, on SQLite."""

import json
import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from dispatcher.store.tables import metadata
from guardian.backup.manifest import installed
from tests.released import dumps, incidents
from tests.released.compare import kept


@pytest.fixture(params=dumps.VERSIONS)
def released(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """Return a version, and the database that it left."""
    version: str = request.param
    path = tmp_path / "incidents.db"
    dumps.load_sqlite((dumps.FOLDER / version / "incidents.sqlite.sql").read_text(), path)
    return version, path


def test_it_is_upgraded_and_answers_as_before(released: tuple[str, Path]) -> None:
    """Nothing of it is lost, and it has the tables that this version uses."""
    version, path = released
    url = f"sqlite:///{path}"
    database = Database(url)
    upgrade(database)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    database.close()
    answered = json.loads((dumps.FOLDER / version / "answers.json").read_text())["sqlite"]
    assert kept(answered, incidents.answers(url)) == []


def test_it_is_worked_with_as_before(released: tuple[str, Path]) -> None:
    """Passwords hold, a press of then is known and no new one, timers fire, cases close."""
    url = f"sqlite:///{released[1]}"
    database = Database(url)
    upgrade(database)
    database.close()
    incidents.goes_on(url)


def test_an_interrupted_upgrade_leaves_it_as_it_was(released: tuple[str, Path]) -> None:
    """All of it is one transaction: the version that made the database can be started again."""
    _, path = released
    before = dumps.dump_sqlite(path)
    database = Database(f"sqlite:///{path}")
    connection = database.writing()
    connection.__enter__().exec_driver_sql("ALTER TABLE users ADD COLUMN half TEXT")
    interruption = KeyboardInterrupt()
    assert not connection.__exit__(KeyboardInterrupt, interruption, None)
    database.close()
    assert dumps.dump_sqlite(path) == before


def test_the_release_before_this_version_is_among_them() -> None:
    """A release is only tested on when `tools/make_released.py` was run for it."""
    assert dumps.VERSIONS, "tests/released is empty"
    assert installed() in dumps.VERSIONS or not _is_release(installed())


def test_what_a_release_left_is_dumped_as_it_was_loaded(tmp_path: Path) -> None:
    """The text holds all of a file: its version, its strict tables, its numbering."""
    text = (dumps.FOLDER / dumps.VERSIONS[0] / "outbox.sql").read_text()
    dumps.load_sqlite(text, tmp_path / "outbox.db")
    copy = shutil.copy(tmp_path / "outbox.db", tmp_path / "copy.db")
    assert dumps.dump_sqlite(Path(copy)) == text


def _is_release(version: str) -> bool:
    return all(step.isdecimal() for step in version.split("."))
