"""Migrations on SQLite; PostgreSQL's are in the integration tests."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from dispatcher.errors import ForeignSchemaError
from dispatcher.store.engine import Database
from dispatcher.store.migrate import _config, upgrade
from dispatcher.store.tables import metadata


def test_the_migrations_make_the_tables_that_the_code_uses(database_url: str) -> None:
    database = Database(database_url)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    database.close()


@pytest.mark.timeout(30)
def test_two_dispatchers_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    databases = [Database(f"sqlite:///{tmp_path / 'incidents.db'}") for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(upgrade, databases))
    with databases[0].reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
    for database in databases:
        database.close()


def test_a_newer_database_is_left_alone(database_url: str) -> None:
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ForeignSchemaError, match=r"9999.*newer Guardian: start that"):
        upgrade(database)
    database.close()


def test_a_dispatcher_of_the_version_before_can_write_to_the_new_tables(tmp_path: Path) -> None:
    """Two of them are updated one after the other: each new column may be left out."""
    database = Database(f"sqlite:///{tmp_path / 'incidents.db'}")
    config = _config()
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        found = inspect(connection)
        before = {
            table: {column["name"] for column in found.get_columns(table)}
            for table in found.get_table_names()
        }
    needed = [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name not in before.get(table.name, {column.name})
        and not (column.nullable or column.server_default is not None)
    ]
    assert needed == []
    database.close()
