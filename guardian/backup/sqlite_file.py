"""SQLite files: a consistent copy while others write, and whether anybody has one open."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from guardian.backup.errors import InUseError, SourceError

BUSY_S = 5.0
"""Longest that a writer of ours holds a lock that keeps readers out: a checkpoint at most."""
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database; of another database they would spoil it."""


def snapshot(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment; writers go on meanwhile.

    In one step: a copy in several begins anew whenever another process has written in between.

    Raises:
        SourceError: there is none, it cannot be read or is damaged, or the copy has no room.
    """
    if not source.is_file():
        raise SourceError(f"there is no database {source}")
    _require_room(source, target)
    target.touch(mode=0o600)
    with (
        _named(source),
        closing(_connect(source)) as there,
        closing(sqlite3.connect(target, isolation_level=None)) as here,
    ):
        there.backup(here, pages=-1)
        here.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        (verdict,) = here.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise SourceError(f"{source} is damaged: {verdict}")


def revision(path: Path) -> str:
    """Return the schema revision of an incident database.

    Raises:
        SourceError: it is none.
    """
    with _named(path), closing(_connect(path)) as database:
        (found,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found)


def settle(path: Path) -> None:
    """Merge what lies beside the file into it; a damaged file stays as it is.

    Raises:
        InUseError: somebody has it open.
    """
    if not path.exists():
        return
    with closing(sqlite3.connect(path, timeout=1.0, isolation_level=None)) as database:
        try:
            # Only the last connection may leave WAL; whoever else has the file open keeps it.
            database.execute("PRAGMA journal_mode=DELETE")
            database.execute("BEGIN EXCLUSIVE")
            database.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            raise InUseError(f"{path} is in use ({error}); stop what has it open first") from error
        except sqlite3.DatabaseError:
            return


def _connect(path: Path) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode=rw"  # never made; the last to close tidies up
    return sqlite3.connect(address, uri=True, timeout=BUSY_S, isolation_level=None)


def _require_room(source: Path, target: Path) -> None:
    beside = source.with_name(source.name + "-wal")
    size = source.stat().st_size + (beside.stat().st_size if beside.exists() else 0)
    free = shutil.disk_usage(target.parent).free
    if size > free:
        raise SourceError(
            f"{target.parent} has {free >> 20} MiB free and {source.name} needs {size >> 20}; "
            "name another folder with --scratch"
        )


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise SourceError(f"{path} cannot be copied: {error}") from error
