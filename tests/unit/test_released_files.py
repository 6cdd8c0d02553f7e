"""The files of trackers and of ingest that earlier releases have left on disk."""

import json
import sqlite3
from pathlib import Path

import pytest

from device_agent.outbox import Outbox, OutboxCorruptError
from tests.released import dumps, files
from tests.released.compare import kept


@pytest.mark.parametrize("name", files.NAMES)
@pytest.mark.parametrize("version", dumps.VERSIONS)
def test_a_file_of_a_release_opens_and_answers_as_before(
    version: str, name: str, tmp_path: Path
) -> None:
    """And takes more: a tracker, or ingest, goes on with it after an upgrade."""
    folder, path = dumps.FOLDER / version, tmp_path / f"{name}.db"
    dumps.load_sqlite((folder / f"{name}.sql").read_text(), path)
    answered = json.loads((folder / "answers.json").read_text())[name]
    assert kept(answered, files.answers(name, path)) == []


def test_an_outbox_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    """The agent sets it aside and says so (`outbox_reset`): a press must go out all the same."""
    path = tmp_path / "outbox.db"
    files.tell("outbox", path)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    before = path.read_bytes()
    with pytest.raises(OutboxCorruptError, match="version 99"):
        Outbox(path)
    assert path.read_bytes() == before
