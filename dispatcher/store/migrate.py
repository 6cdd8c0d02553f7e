"""Bringing a database to the tables of this version, safe while dispatchers start and work.

Those of the version before go on working meanwhile and afterwards, so what a revision adds to a
table that they write is nullable or has a default of the database's own.
"""

import logging
import time
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from dispatcher.errors import ForeignSchemaError, StoreUnavailableError
from dispatcher.store.engine import Connection, Database, LockedError, StoreConflictError
from runtime import logs

SCRIPTS: Final = Path(__file__).parent.parent / "migrations"
_WAIT_S: Final = 60.0
"""Another dispatcher may be migrating: large tables take their time."""
_TABLE_WAIT_S: Final = 1.0
"""Everybody else waits behind a migration that waits for a table, and a press waits two seconds."""
_ATTEMPTS: Final = 30
_PAUSE_S: Final = 0.5
MIGRATION_LOCK: Final = 0x47554152
"""PostgreSQL's advisory lock that all dispatchers agree on (the letters GUAR)."""

_log = logs.get(__name__)


def upgrade(database: Database) -> None:
    """Run what is missing, in one transaction; again when others held a table for too long.

    Raises:
        ForeignSchemaError: a newer Guardian has changed this database.
        StoreUnavailableError: it cannot be reached, or another migration takes too long.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    for _ in range(_ATTEMPTS):
        try:
            return _attempt(database)
        except (LockedError, StoreConflictError) as error:
            _log.info("migration_waits", error=type(error).__name__)
            time.sleep(_PAUSE_S)
    raise StoreUnavailableError("others held the tables that are to be changed")


def known_revisions() -> frozenset[str]:
    """Return the schema revisions that this version can bring to its own."""
    return _revisions(_config())


def _attempt(database: Database) -> None:
    config = _config()
    with database.writing(wait_s=_WAIT_S) as connection:
        if database.shared:
            _lock(connection)
        _refuse_newer(connection, config)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config


def _revisions(config: Config) -> frozenset[str]:
    return frozenset(each.revision for each in ScriptDirectory.from_config(config).walk_revisions())


def _lock(connection: Connection) -> None:
    for setting in ("lock_timeout", "statement_timeout"):
        connection.execute(text(f"SET LOCAL {setting} = '{_WAIT_S:.0f}s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    connection.execute(text(f"SET LOCAL lock_timeout = '{_TABLE_WAIT_S:.0f}s'"))


def _refuse_newer(connection: Connection, config: Config) -> None:
    found = MigrationContext.configure(connection).get_current_heads()
    if not set(found) <= _revisions(config):
        raise ForeignSchemaError(
            f"the database has revision {', '.join(found)}, of a newer Guardian: start that version"
        )
