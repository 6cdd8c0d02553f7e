"""Keep what this version leaves on disk, so that every later version is tested on it.

Run it once, when a version is released: python tools/make_released.py
It writes tests/released/<version>/ and never touches the folder of another version.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from guardian.backup.manifest import installed
from guardian.backup.postgresql import find
from tests.released import dumps, files, incidents
from tests.services.postgres import postgres


def main() -> None:
    """Write the folder of the installed version."""
    folder = dumps.FOLDER / installed()
    if folder.exists():
        sys.exit(f"{folder} is there: what a release left on disk does not change")
    with TemporaryDirectory() as temporary:
        made, answers = _files(Path(temporary))
    dump, answers["postgresql"] = _postgresql()
    made |= {
        "incidents.postgresql.sql": dump,
        "answers.json": json.dumps(answers, indent=1, sort_keys=True) + "\n",
    }
    folder.mkdir(parents=True)
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    print(f"{folder}: look at it, and commit it with the release")


def _files(folder: Path) -> tuple[dict[str, str], dict[str, Any]]:
    path = folder / "incidents.db"
    url = f"sqlite:///{path}"
    _migrated(url)
    made = {"incidents.sqlite.sql": dumps.dump_sqlite(path)}
    answers = {"sqlite": incidents.answers(url)}
    for name in files.NAMES:
        there = folder / f"{name}.db"
        files.tell(name, there)
        made[f"{name}.sql"] = dumps.dump_sqlite(there)
        answers[name] = files.answers(name, there)
    return made, answers


def _postgresql() -> tuple[str, dict[str, Any]]:
    server = postgres()
    try:
        url = server.database("released")
        _migrated(url)
        return dumps.dump_postgresql(url, find("pg_dump", 0)[0]), incidents.answers(url)
    finally:
        server.remove()


def _migrated(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()
    incidents.tell(url)


if __name__ == "__main__":
    main()
