"""What is PostgreSQL's own: migrations at once, locks, a server that goes and comes."""

import shutil
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from dispatcher.errors import StoreUnavailableError, UnstorableError
from dispatcher.store import migrate
from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from dispatcher.store.tables import metadata
from tests.services.postgres import Postgres
from tests.services.postgres import postgres as start_postgres
from tests.unit.dispatcher.world import World

pytestmark = pytest.mark.integration


def test_two_dispatchers_that_start_at_once_migrate_once(postgres: Postgres) -> None:
    url = postgres.database(f"migrate-{uuid4().hex}")
    databases = [Database(url) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(upgrade, databases))
    with databases[0].reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    for database in databases:
        database.close()


REVISION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", {head!r}, None, None


def upgrade() -> None:
    op.add_column("incidents", sa.Column("newer", sa.Text()))
    op.create_index("ix_presses_newer", "presses", ["received_at"])
    op.create_table("newer", sa.Column("id", sa.Integer(), primary_key=True))
"""


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be the next version, which has one more revision."""
    (head,) = ScriptDirectory.from_config(migrate._config()).get_heads()
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.SCRIPTS, scripts)
    (scripts / "versions" / "9999_newer.py").write_text(REVISION.format(head=head))
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    return scripts


def test_the_next_versions_migration_runs_while_two_dispatchers_work(
    postgres: Postgres, request: pytest.FixtureRequest
) -> None:
    """Also while one of them holds a row for longer than a migration waits for its table."""
    url = postgres.database(f"working-{uuid4().hex}")
    worlds = [World(url) for _ in range(2)]
    upgrade(worlds[0].database)
    request.getfixturevalue("newer")
    done = Event()

    def work(world: World) -> list[str]:
        opened = []
        while not done.is_set():
            opened.append(world.press(f"tracker-{uuid4().hex}").incident or "")
        return opened

    with ThreadPoolExecutor(2) as pool:
        working = [pool.submit(work, world) for world in worlds]
        try:
            with worlds[0].database._engine.connect() as slow, slow.begin():
                slow.execute(text("SELECT * FROM incidents FOR UPDATE"))
                migration = Thread(target=upgrade, args=(worlds[1].database,))
                migration.start()
                migration.join(1.5)  # longer than it waits for a table, shorter than any lock holds
            migration.join(60)
        finally:
            done.set()
        opened = [incident for each in working for incident in each.result()]
    with worlds[0].database.reading() as connection:
        found = set(connection.execute(text("SELECT id FROM incidents")).scalars())
        assert connection.execute(text("SELECT count(*) FROM newer")).scalar() == 0
    assert found == set(opened)
    assert not any(world.desk.alarm.is_down for world in worlds)
    for world in worlds:
        world.close()


def test_commits_are_on_disk_and_locks_end(world: World) -> None:
    with world.database.writing() as connection:
        found = [
            connection.execute(text(f"SHOW {name}")).scalar()
            for name in (
                "synchronous_commit", "lock_timeout", "idle_in_transaction_session_timeout"
            )
        ]  # fmt: skip
    assert found == ["on", "2s", "2s"]


def test_a_stopped_dispatcher_holds_a_press_up_for_two_seconds_at_most(world: World) -> None:
    """Its transaction ends by itself, as one does whose process was stopped in the middle."""
    incident = world.press().incident
    stopped = world.database._engine.connect()
    stopped.begin()
    stopped.execute(text("SELECT * FROM incidents WHERE id = :id FOR UPDATE"), {"id": incident})
    began = time.monotonic()
    taken = None
    while taken is None:
        try:
            taken = world.press()
        except StoreUnavailableError:
            assert time.monotonic() - began < 5
    assert taken.incident == incident
    assert time.monotonic() - began < 5
    stopped.invalidate()
    stopped.close()


def test_an_incident_that_is_held_holds_up_no_other_timer(world: World) -> None:
    """SKIP LOCKED: the others fire at once, and this one as soon as it is free."""
    held, free = world.press("tracker-a").incident or "", world.press("tracker-b").incident or ""
    world.sent()
    query = text("SELECT * FROM incidents WHERE id = :id FOR UPDATE")
    with world.database._engine.connect() as other, other.begin():
        other.execute(query, {"id": held})
        began = time.monotonic()
        world.after(60)
        assert time.monotonic() - began < 2, "nobody waits for the lock"
        assert "escalated" in world.sent("log", free)
        assert "escalated" not in world.sent("log", held)
        assert not world.desk.alarm.is_down
    world.after(1)
    assert "escalated" in world.sent("log", held)


def test_a_value_that_cannot_be_stored_is_no_outage_and_is_not_shown(world: World) -> None:
    """An error's text goes to the log, and what was to be stored may be a position."""
    secret = str(1234 * 5678)  # put together here: a traceback shows lines of this file too

    def store_secret() -> None:
        with world.database.writing() as connection:
            query = text("UPDATE presses SET note = :note")
            connection.execute(query, {"note": f"{secret}\x00"})

    with pytest.raises(UnstorableError) as caught:
        store_secret()
    shown = "".join(traceback.format_exception(caught.value))
    assert secret not in shown
    assert not world.desk.alarm.is_down


def test_a_server_that_restarts_costs_nothing_and_one_that_is_gone_is_noticed() -> None:
    server = start_postgres()
    try:
        world = World(server.database("desk"))
        upgrade(world.database)
        first = world.press()
        server.kill()
        with pytest.raises(StoreUnavailableError):
            world.press("tracker-b")
        assert world.desk.alarm.is_down
        server.start()
        assert world.press().incident == first.incident
        assert not world.desk.alarm.is_down
        server.kill()
        server.start()
        assert world.press().incident == first.incident, "a stale connection is no outage"
        world.close()
    finally:
        server.remove()
