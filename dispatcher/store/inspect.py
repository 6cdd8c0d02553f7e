"""What an incident database is like, found out without changing anything, not even its tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from dispatcher.errors import StoreUnavailableError

_SCRIPTS: Final = Path(__file__).parent.parent / "migrations"
CONNECT_S: Final = 5
"""Half of what a check may take."""
SETTINGS: Final = ("synchronous_commit", "fsync", "full_page_writes", "transaction_read_only")


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was found; the server's part only of PostgreSQL."""

    revisions: tuple[str, ...]
    """What its tables are at; none in an empty database."""
    head: str
    """What this version of Guardian wants."""
    known: bool
    """Whether this version knows what the tables are at: a later Guardian's it does not."""
    version: str | None = None
    settings: dict[str, str] = field(default_factory=dict)
    standby: bool = False
    now_ms: int | None = None


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite database, None for PostgreSQL."""
    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def shown(url: str) -> str:
    """Return the URL without its password, for a line that everybody may read."""
    return make_url(url).render_as_string(hide_password=True)


def inspect(url: str) -> Inspected:
    """Look at a database that is there.

    Raises:
        StoreUnavailableError: it cannot be reached or read.
    """
    with _connected(make_url(url)) as connection:
        found = MigrationContext.configure(connection).get_current_heads()
        scripts = _scripts()
        known = {each.revision for each in scripts.walk_revisions()}
        server = {} if connection.dialect.name == "sqlite" else _server(connection)
        return Inspected(
            revisions=tuple(found),
            head=scripts.get_current_head() or "",
            known=set(found) <= known,
            **server,
        )


def _server(connection: Connection) -> dict[str, Any]:
    def ask(question: str) -> Any:
        return connection.execute(text(question)).scalar_one()

    return {
        "version": str(ask("SHOW server_version")),
        "settings": {each: str(ask(f"SHOW {each}")) for each in SETTINGS},
        "standby": bool(ask("SELECT pg_is_in_recovery()")),
        "now_ms": int(ask("SELECT (extract(epoch from clock_timestamp()) * 1000)::bigint")),
    }


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return ScriptDirectory.from_config(config)


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    engine = create_engine(
        _read_only(url), poolclass=NullPool, hide_parameters=True, connect_args=_limits(url)
    )
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StoreUnavailableError(str(getattr(error, "orig", None) or error)) from error
    finally:
        engine.dispose()


def _read_only(url: URL) -> URL:
    """Return the URL by which nothing can be written."""
    if url.get_backend_name() != "sqlite":
        return url.set(drivername="postgresql+psycopg")
    path = quote(str(Path(url.database or "").absolute()))
    # Without a log nobody has it open: then SQLite need not make its two files beside it.
    mode = "mode=ro" if Path(f"{url.database}-wal").exists() else "mode=ro&immutable=1"
    return make_url(f"sqlite:///file:{path}?{mode}&uri=true")


def _limits(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"timeout": 1.0}
    return {"connect_timeout": CONNECT_S, "options": f"-c statement_timeout={CONNECT_S}s"}
