"""The incident database in PostgreSQL: dumped and restored by PostgreSQL's own programs."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from dispatcher.store.migrate import MIGRATION_LOCK
from guardian.backup.errors import (
    BackupError,
    InUseError,
    SourceError,
    TargetError,
    ToolMissingError,
)

Program = Literal["pg_dump", "pg_restore"]

ASIDE = "before_restore_"
"""Schemas that earlier restores have put aside; a backup leaves them out."""
_SERVICE = "guardian"
_OURS = "guardian-backup"
"""How our own connections are called: one that has just ended is listed a moment longer."""
_DEBIAN = Path("/usr/lib/postgresql")
_LAST_WORDS = 400
_CONNECT_S = 5
_PER_MAJOR = 10_000
"""PostgreSQL gives its version as one number: 150018 is 15.18."""


@dataclass(frozen=True)
class Server:
    """A database of a PostgreSQL server; `url` as in GUARDIAN_DATABASE_URL."""

    url: str

    def revision(self) -> str:
        """Return the schema revision.

        Raises:
            SourceError: it cannot be reached, or is no incident database.
        """
        with _named(), self._connection() as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if found is None:
            raise SourceError("the database has no schema revision")
        return str(found[0])

    def dump(self, target: Path) -> int:
        """Write a dump of one moment, while others write; return the major version of pg_dump.

        Raises:
            ToolMissingError: there is no pg_dump that may read this server.
            SourceError: it did not work; what pg_dump said.
        """
        with _named(), self._connection() as connection:
            major = connection.info.server_version // _PER_MAJOR
        program, made_with = find("pg_dump", major)
        target.touch(mode=0o600)
        arguments = ["--format=custom", f"--exclude-schema={ASIDE}*", f"--file={target}"]
        self._run([program, *arguments], SourceError)
        return made_with

    def restore(self, dump: Path, made_with: int, *, aside: str | None) -> bool:
        """Restore a dump in one transaction; return whether something was put aside for it.

        `aside` names the schema that takes what is there. Dispatchers that start meanwhile wait, as
        they do for a migration.

        Raises:
            InUseError: somebody is connected.
            TargetError: there are tables, and no `aside`; or pg_restore refuses.
            ToolMissingError: there is no pg_restore that reads the dump.
        """
        program, _ = find("pg_restore", made_with)
        self.require_free(replace=aside is not None)
        with _named(), self._connection() as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
            moved = self._has_tables(connection) and aside is not None
            if moved and aside is not None:
                _move_aside(connection, aside)
            try:
                self._run(
                    [program, "--single-transaction", "--exit-on-error", "--no-owner",
                     "--no-privileges", f"--dbname=service={_SERVICE}", str(dump)],
                    TargetError,
                )  # fmt: skip
            except TargetError:
                if moved and aside is not None:
                    _move_back(connection, aside)
                raise
        return moved

    def require_free(self, *, replace: bool) -> None:
        """Do nothing when the database may be restored into.

        Raises:
            InUseError: somebody is connected.
            TargetError: it holds tables, and `replace` is not said; or it cannot be reached.
        """
        with _named(), self._connection() as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name <> %s AND backend_type = 'client backend'",
                (_OURS,),
            ).fetchone()
            others = 0 if row is None else row[0]
            if others:
                raise InUseError(
                    f"others are connected to this database ({others} connections); stop every "
                    "dispatcher first"
                )
            if self._has_tables(connection) and not replace:
                raise TargetError(
                    "the database has tables already; say --replace to put them aside"
                )

    def _has_tables(self, connection: "psycopg.Connection[tuple[int]]") -> bool:
        row = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone()
        return bool(row and row[0])

    def _connection(self) -> "psycopg.Connection[tuple[int]]":
        return psycopg.connect(
            self._plain(), autocommit=True, connect_timeout=_CONNECT_S, application_name=_OURS
        )

    def _plain(self) -> str:
        return re.sub(r"^postgresql\+\w+:", "postgresql:", self.url)

    def _run(self, command: list[str], kind: type[BackupError]) -> None:
        """Run a program; the password is in a file of ours, not in the list of processes."""
        with TemporaryDirectory() as folder:
            services = Path(folder) / "services"
            services.touch(mode=0o600)
            lines = [f"{key}={value}" for key, value in conninfo_to_dict(self._plain()).items()]
            services.write_text("\n".join([f"[{_SERVICE}]", *lines, ""]))
            ended = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, found by us
                command,
                env=os.environ | {"PGSERVICEFILE": str(services), "PGSERVICE": _SERVICE},
                capture_output=True,
                text=True,
                check=False,
            )
        if ended.returncode:
            raise kind(f"{Path(command[0]).name}: {ended.stderr.strip()[-_LAST_WORDS:]}")


def find(program: Program, major: int) -> tuple[str, int]:
    """Return a program of PostgreSQL and its major version, the nearest that is not older.

    Raises:
        ToolMissingError: there is none.
    """
    places = [shutil.which(program), *map(str, _DEBIAN.glob(f"*/bin/{program}"))]
    known = [(_major(place), place) for place in places if place is not None]
    fitting = sorted((number, place) for number, place in known if number >= major)
    if not fitting:
        have = ", ".join(str(number) for number, _ in sorted(known)) or "none"
        raise ToolMissingError(
            f"{program} of PostgreSQL {major} or later is needed, here is {have}; on Debian: "
            f"apt install postgresql-client-{major}"
        )
    return fitting[0][1], fitting[0][0]


def _major(program: str) -> int:
    said = subprocess.run(  # noqa: S603 - as above
        [program, "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"(\d+)(\.\d+)?", said)
    return int(found[1]) if found else 0


def _move_aside(connection: "psycopg.Connection[tuple[int]]", aside: str) -> None:
    with connection.transaction():
        connection.execute(
            sql.SQL("ALTER SCHEMA public RENAME TO {}").format(sql.Identifier(aside))
        )
        connection.execute("CREATE SCHEMA public")


def _move_back(connection: "psycopg.Connection[tuple[int]]", aside: str) -> None:
    with connection.transaction():
        connection.execute("DROP SCHEMA public")
        connection.execute(
            sql.SQL("ALTER SCHEMA {} RENAME TO public").format(sql.Identifier(aside))
        )


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise SourceError(f"the incident database: {str(error).strip()}") from error
