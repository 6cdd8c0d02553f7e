"""Databases as text, so that a fixture can be reviewed; and text as databases."""

import os
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg

FOLDER = Path(__file__).parent
VERSIONS = sorted(each.parent.name for each in FOLDER.glob("*/answers.json"))


def dump_sqlite(path: Path) -> str:
    """Return a file as SQL, with its version."""
    with closing(sqlite3.connect(path)) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        lines = [*database.iterdump(), f"PRAGMA user_version={version};"]
    return "\n".join(lines) + "\n"


def load_sqlite(sql: str, path: Path) -> None:
    """Make a file of SQL, in WAL as its owner would have left it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.executescript(sql)
    path.chmod(0o600)


def dump_postgresql(url: str, program: str) -> str:
    """Return a database as SQL that any version of PostgreSQL takes."""
    text = subprocess.run(
        [program, "--inserts", "--no-owner", "--no-privileges", plain_url(url)],
        check=True, capture_output=True, text=True, env=os.environ,
    ).stdout  # fmt: skip
    lines = [each for each in text.splitlines() if not each.startswith(("\\", "--", "SET "))]
    return re.sub(r"\n{2,}", "\n", "\n".join(lines)).strip() + "\n"


def load_postgresql(sql: str, url: str) -> None:
    """Run a dump in an empty database."""
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        connection.execute(sql.encode())


def plain_url(url: str) -> str:
    """Return the URL as PostgreSQL's own programs take it."""
    return url.replace("postgresql+psycopg:", "postgresql:")
