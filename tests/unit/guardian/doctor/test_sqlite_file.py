"""An SQLite file is judged without being opened."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from guardian.doctor.finding import Finding
from guardian.doctor.sqlite_file import examine


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE t (x)")
    path.chmod(0o600)
    return path


def look(path: Path) -> list[Finding]:
    return list(examine("database.file", path, "restore it"))


def test_a_good_one_is_one_line(database: Path) -> None:
    (found,) = look(database)
    assert found.level == "ok"
    assert sorted(each.name for each in database.parent.iterdir()) == ["a.db"]


@pytest.mark.parametrize(
    ("mode", "words"),
    [(0o644, "can be read by others"), (0o640, "can be read by others"), (0o400, "not write")],
)
def test_its_rights_are_looked_at(database: Path, mode: int, words: str) -> None:
    database.chmod(mode)
    (found,) = look(database)
    assert found.level == "fault"
    assert words in found.says
    assert "chmod 600" in str(found.remedy)


def test_another_journal_is_a_fault(database: Path) -> None:
    with closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA journal_mode=DELETE")
    (found,) = look(database)
    assert "WAL" in found.says


@pytest.mark.parametrize(("content", "words"), [(b"", "empty"), (b"hello", "no SQLite database")])
def test_what_is_no_database_is_a_fault(database: Path, content: bytes, words: str) -> None:
    database.write_bytes(content)
    (found,) = look(database)
    assert words in found.says
    assert str(found.remedy).endswith("restore it")


def test_one_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    (found,) = look(tmp_path / "none.db")
    assert "no such file" in found.says
