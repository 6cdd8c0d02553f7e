"""Which of PostgreSQL's programs is taken; what they do is tested with a server."""

from pathlib import Path

import pytest

from guardian.backup import postgresql
from guardian.backup.errors import ToolMissingError
from guardian.backup.places import sqlite_path


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of versions as Debian has it; none is in PATH."""
    monkeypatch.setattr(postgresql, "_DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    for major in (13, 15, 17):
        program = tmp_path / str(major) / "bin" / "pg_dump"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {major}.4 (Debian)'\n")
        program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(("server", "taken"), [(13, 13), (14, 15), (15, 15), (16, 17), (0, 13)])
def test_the_nearest_program_that_is_not_older_is_taken(
    installed: Path, server: int, taken: int
) -> None:
    """An older one refuses the server, and what a newer one writes an older one cannot read."""
    path, major = postgresql.find("pg_dump", server)
    assert (Path(path), major) == (installed / str(taken) / "bin" / "pg_dump", taken)


def test_none_that_fits_says_what_to_install(installed: Path) -> None:
    with pytest.raises(ToolMissingError, match="apt install postgresql-client-18"):
        postgresql.find("pg_dump", 18)
    with pytest.raises(ToolMissingError, match="here is none"):
        postgresql.find("pg_restore", 15)


def test_a_url_says_which_database_it_is() -> None:
    assert sqlite_path("sqlite:////var/x.db") == Path("/var/x.db")
    assert sqlite_path("sqlite:///x.db") == Path("x.db")
    assert sqlite_path("postgresql+psycopg://u@h/x") is None
