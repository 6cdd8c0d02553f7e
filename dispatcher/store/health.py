"""Trying whether the database commits."""

from sqlalchemy import text

from dispatcher.store.engine import Connection


def write_something(connection: Connection) -> None:
    """Write what is there already: it has to reach the disk all the same."""
    connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
