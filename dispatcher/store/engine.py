"""The way into the database: transactions, and what its errors mean."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from contract.errors import TransientError
from dispatcher.errors import StoreUnavailableError, UnstorableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Engine

__all__ = ["Connection", "Database", "LockedError", "StaleConnectionError", "StoreConflictError"]

LOCK_WAIT_S: Final = 2.0
"""Longest wait for a lock: a press then goes out from memory, still within three seconds."""
CONNECT_WAIT_S: Final = 2
"""Shortest that libpq knows; a server that does not answer by then is down for a panic."""
STATEMENT_WAIT_S: Final = 4
"""No statement of ours takes 100 ms; a server that hangs must not hold a press back."""
RACES: Final = frozenset({"40001", "40P01"})
"""PostgreSQL's serialization_failure and deadlock_detected: once more, and it goes through."""
LOCKED: Final = "55P03"
"""PostgreSQL's lock_not_available, which ends a wait of `lock_timeout`."""


class StoreConflictError(TransientError):
    """Another transaction was first; decide again on what is known now."""


class StaleConnectionError(StoreUnavailableError):
    """The pool's connection was dead; a new one may work at once."""


class LockedError(StoreUnavailableError):
    """Another transaction has held what this one needs for longer than it waits."""


class Database:
    """One incident database, SQLite or PostgreSQL by its URL; thread-safe.

    SQLite: WAL, synchronous=FULL, one writer at a time. PostgreSQL: synchronous_commit=on, locks
    and idle transactions end after two seconds, so that a stopped dispatcher holds up no other.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.shared = parsed.get_backend_name() != "sqlite"
        self._writer = threading.Lock()
        self._engine = _postgresql(parsed) if self.shared else _sqlite(parsed)

    @contextmanager
    def writing(self, *, wait_s: float = LOCK_WAIT_S) -> Iterator[Connection]:
        """Run one transaction that writes; it is committed at the end or not at all.

        Raises:
            StoreConflictError: another transaction was first.
            StoreUnavailableError: it cannot be reached, is locked, or did not commit.
        """
        with self._one_writer(wait_s), _translated(), self._engine.connect() as plain:
            connection = plain.execution_options(guardian_writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Run one transaction that only reads, on one state of the database.

        Raises:
            StoreUnavailableError: it cannot be reached.
        """
        with _translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    @contextmanager
    def _one_writer(self, wait_s: float) -> Iterator[None]:
        """Queue the writers of this process, where the file would only make them poll."""
        if self.shared:
            yield
            return
        if not self._writer.acquire(timeout=wait_s):
            raise StoreUnavailableError(f"the database was locked for {wait_s} s")
        try:
            yield
        finally:
            self._writer.release()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise StoreConflictError(str(error.orig)) from error
    except DataError as error:
        raise UnstorableError(type(error.orig).__name__) from error
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state in RACES:
            raise StoreConflictError(str(error.orig)) from error
        if state == LOCKED:
            raise LockedError(str(error.orig)) from error
        kind = StaleConnectionError if error.connection_invalidated else StoreUnavailableError
        raise kind(str(error.orig)) from error
    except (PoolTimeoutError, SQLAlchemyError) as error:
        raise StoreUnavailableError(str(error)) from error


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        _make_private(url.database)
    engine = create_engine(
        url,
        connect_args={"timeout": LOCK_WAIT_S, "check_same_thread": False},
        hide_parameters=True,  # an error's text goes to the log, a position must not
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(path: str) -> None:
    """Make the file before SQLite does, which would let all users of the machine read it."""
    with suppress(OSError):  # the first transaction says what is wrong with the path
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # WAL and SHM take these permissions


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver would begin transactions late and by itself: `_begin_sqlite` does it instead.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("guardian_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL) -> Engine:
    settings = {
        "synchronous_commit": "on",
        "lock_timeout": f"{LOCK_WAIT_S:.0f}s",
        "idle_in_transaction_session_timeout": "2s",
        "statement_timeout": f"{STATEMENT_WAIT_S}s",
    }
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=8,
        max_overflow=8,
        pool_timeout=LOCK_WAIT_S,
        hide_parameters=True,
        connect_args={
            "connect_timeout": CONNECT_WAIT_S,
            "tcp_user_timeout": STATEMENT_WAIT_S * 1000,
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        },
    )
