"""A real PostgreSQL cluster on loopback, without fsync tricks, that can be stopped and started."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from guardian.demo.probes import free_ports, listening
from tests.services.choice import (
    CONTAINERS_ONLY,
    binary,
    missing,
    wait_until,
)


@dataclass
class Postgres:
    """A cluster under test."""

    port: int
    folder: Path
    programs: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        with (self.folder.parent / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(self.folder), "-p", str(self.port),
                 "-h", "127.0.0.1", "-k", ""],
                stdout=log, stderr=log, cwd=self.folder, **_as_user(),
            )  # fmt: skip
        wait_until(self._answers, "PostgreSQL to answer")

    def kill(self) -> None:
        """End it as a power cut does (SIGQUIT: at once, recovery at the next start)."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        """End it in order (fast shutdown)."""
        self._end(signal.SIGINT)

    def remove(self) -> None:
        """End it and delete its files."""
        self.stop()
        shutil.rmtree(self.folder.parent)

    def database(self, name: str) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        return _new_database(self._address("postgres"), name)

    def _address(self, database: str) -> str:
        return f"postgresql://guardian@127.0.0.1:{self.port}/{database}"

    def _answers(self) -> bool:
        if not listening(self.port):
            return False
        try:
            psycopg.connect(self._address("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None


class GivenPostgres:
    """A server that was given by its address; it cannot be killed."""

    def __init__(self, url: str) -> None:
        self._url = url

    def database(self, name: str) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        return _new_database(self._url, name)

    def remove(self) -> None:
        """Nothing: it is not ours."""


def _new_database(url: str, name: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    parts = urlsplit(url)
    return urlunsplit(parts._replace(scheme="postgresql+psycopg", path=f"/{name}"))


def given_postgres() -> GivenPostgres | None:
    """Return the server that the environment names."""
    url = os.environ.get("GUARDIAN_TEST_POSTGRES_URL")
    return GivenPostgres(url) if url else None


def _as_user() -> dict[str, Any]:
    """Return Popen's arguments for a server that refuses to be root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def postgres() -> Postgres:
    """Return a started cluster, whose files go with `remove`."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    initdb = None if CONTAINERS_ONLY else binary("initdb", *installed, "/opt/homebrew/bin")
    if initdb is None:
        missing("PostgreSQL", "run tools/install-postgres.sh")
    # Not below pytest's folders, which are root's alone: the server runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="guardian-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    cluster = folder / "cluster"
    subprocess.run(
        [str(initdb), "-D", str(cluster), "-U", "guardian", "-A", "trust", "-E", "UTF8"],
        check=True, capture_output=True, cwd=folder, **_as_user(),
    )  # fmt: skip
    server = Postgres(free_ports(1)[0], cluster, initdb.resolve().parent)
    server.start()
    return server
