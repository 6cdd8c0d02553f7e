"""From an archive back to an installation."""

import filecmp
import io
import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import pytest

from broker_config.enrolment import Enrolment
from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from guardian.backup import archive, manifest
from guardian.backup.archive import Entry, Unpacked, measured
from guardian.backup.errors import (
    DamagedArchiveError,
    InUseError,
    NewerArchiveError,
    TargetError,
)
from guardian.backup.gather import gather
from guardian.backup.manifest import Manifest, Member
from guardian.backup.places import Places
from guardian.backup.restore import below, restore
from tests.released import dumps, incidents
from tests.unit.guardian.backup.installation import NOW_MS, Installation, make

ASIDE = "before-restore-20270115T080000Z"


@pytest.fixture
def there(tmp_path: Path) -> Installation:
    return make(tmp_path / "server")


@pytest.fixture
def backup(there: Installation, tmp_path: Path) -> Unpacked:
    return backed_up(there.places, tmp_path)


def backed_up(places: Places, tmp_path: Path) -> Unpacked:
    scratch, unpacked = tmp_path / "scratch", tmp_path / "unpacked"
    for folder in (scratch, unpacked):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    gathered, raw = gather(places, scratch, NOW_MS), io.BytesIO()
    archive.pack(gathered.head, gathered.entries, raw)
    return archive.unpack(io.BytesIO(raw.getvalue()), unpacked)


def made_of(tmp_path: Path, *entries: Entry, **fields: object) -> Unpacked:
    head = Manifest(format=1, guardian=manifest.installed(), made_at=1, **fields)  # type: ignore[arg-type]
    raw = io.BytesIO()
    archive.pack(head, list(entries), raw)
    return archive.unpack(io.BytesIO(raw.getvalue()), tmp_path)


def test_a_lost_server_comes_back_where_it_was(
    there: Installation, backup: Unpacked, tmp_path: Path
) -> None:
    lost = tmp_path / "lost"
    there.root.rename(lost)
    places = Places(
        database_url=f"sqlite:///{there.database}", pki=there.pki, settings=(Path("/"),),
        dead_letters=there.root / "var/ingest", telemetry=there.root / "var/telemetry.db",
    )  # fmt: skip
    done = restore(backup, places, NOW_MS, replace=False)
    assert done.left == []
    assert done.notes == []
    same = filecmp.dircmp(lost / "etc/pki", there.pki, ignore=["lock"])
    assert (same.left_only, same.right_only, same.diff_files) == ([], [], [])
    for path in [each for each in lost.rglob("*") if each.name != "lock"]:
        again = there.root / path.relative_to(lost)
        assert stat.S_IMODE(again.stat().st_mode) == stat.S_IMODE(path.stat().st_mode), path
    names = {each.name for each in Enrolment(there.pki).list(_now())}
    assert "svc.dispatcher.1" in names


def _now() -> datetime:
    return datetime.fromtimestamp(NOW_MS / 1000, UTC)


def test_everything_can_go_into_one_new_folder(backup: Unpacked, tmp_path: Path) -> None:
    folder = tmp_path / "look"
    done = restore(backup, below(folder, Places(), backup.manifest), NOW_MS, replace=False)
    assert set(done.put) == {"database", "pki", "settings", "dead-letters", "telemetry"}
    assert (folder / "pki/trackers-ca.key").stat().st_mode & 0o777 == 0o600
    assert any("enroll init" in each for each in done.notes), "the broker's files name old paths"
    with pytest.raises(TargetError, match="not empty"):
        below(folder, Places(), backup.manifest)


def test_what_is_there_is_not_overwritten_and_nothing_is_written_at_all(
    there: Installation, backup: Unpacked, tmp_path: Path
) -> None:
    """The database alone is in the way: then the PKI is not restored either."""
    places = Places(database_url=f"sqlite:///{there.database}", pki=tmp_path / "new-pki")
    with pytest.raises(TargetError, match="--replace"):
        restore(backup, places, NOW_MS, replace=False)
    assert not (tmp_path / "new-pki").exists()


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_what_sqlite_left_of_another_database_is_in_the_way(
    backup: Unpacked, tmp_path: Path, suffix: str
) -> None:
    """A log of another database beside it would be played into the restored one."""
    (tmp_path / f"new.db{suffix}").write_bytes(b"of another")
    places = Places(database_url=f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(TargetError):
        restore(backup, places, NOW_MS, replace=False)


def test_what_was_there_is_put_aside(there: Installation, backup: Unpacked) -> None:
    (there.pki / "trackers-ca.key").write_text("another")
    places = Places(database_url=f"sqlite:///{there.database}", pki=there.pki)
    done = restore(backup, places, NOW_MS, replace=True)
    assert (there.pki / ASIDE / "trackers-ca.key").read_text() == "another"
    assert (there.pki / "trackers-ca.key").read_text() != "another"
    assert there.database.with_name(f"incidents.db.{ASIDE}").exists()
    assert len(done.notes) == 2
    again = restore(backup, places, NOW_MS + 1000, replace=True)
    assert (there.pki / ASIDE).is_dir(), "what an earlier restore put aside stays"
    assert len(again.notes) == 2


def test_a_running_dispatchers_database_is_not_replaced(
    there: Installation, backup: Unpacked
) -> None:
    running = Database(f"sqlite:///{there.database}")
    upgrade(running)
    before = there.database.read_bytes()
    places = Places(database_url=f"sqlite:///{there.database}", pki=there.pki)
    with pytest.raises(InUseError, match="stop"):
        restore(backup, places, NOW_MS, replace=True)
    running.close()
    assert there.database.read_bytes() == before
    assert not (there.pki / ASIDE).exists()


def test_a_database_of_an_earlier_release_is_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And answers what it answered then."""
    migrated = Mock(wraps=upgrade)
    monkeypatch.setattr("guardian.backup.restore.upgrade", migrated)
    old, target = tmp_path / "old.db", tmp_path / "new/incidents.db"
    dumps.load_sqlite((dumps.FOLDER / "0.1.0" / "incidents.sqlite.sql").read_text(), old)
    (tmp_path / "u").mkdir()
    backup = backed_up(Places(database_url=f"sqlite:///{old}"), tmp_path / "u")
    restore(backup, Places(database_url=f"sqlite:///{target}"), NOW_MS, replace=False)
    migrated.assert_called_once()
    incidents.goes_on(f"sqlite:///{target}")


def test_a_database_of_a_newer_release_is_refused(there: Installation, tmp_path: Path) -> None:
    with closing(sqlite3.connect(there.database, isolation_level=None)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    (tmp_path / "u").mkdir()
    backup = backed_up(Places(database_url=f"sqlite:///{there.database}"), tmp_path / "u")
    target = tmp_path / "new.db"
    with pytest.raises(NewerArchiveError, match="9999"):
        restore(backup, Places(database_url=f"sqlite:///{target}"), NOW_MS, replace=False)
    assert not target.exists()


def test_sqlite_is_not_restored_into_postgresql(backup: Unpacked) -> None:
    with pytest.raises(TargetError, match="PostgreSQL"):
        restore(backup, Places(database_url="postgresql://h/x"), NOW_MS, replace=False)


def test_a_part_is_what_its_name_says(tmp_path: Path) -> None:
    """An archive that somebody wrote: two databases, or none."""
    one = Member(name="database/a.db", mode=0o600, owner="root", group="root")
    two = Member(name="database/b.db", mode=0o600, owner="root", group="root")
    backup = made_of(tmp_path, measured(one, b"x"), measured(two, b"y"))
    target = Places(database_url=f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(DamagedArchiveError, match="one file"):
        restore(backup, target, NOW_MS, replace=False)


def test_a_user_who_is_not_here_is_named(tmp_path: Path) -> None:
    key = Member(name="pki/a.key", mode=0o600, owner="no-such-user", group="no-such-group")
    backup = made_of(tmp_path / "u", measured(key, b"x"))
    done = restore(backup, Places(pki=tmp_path / "pki"), NOW_MS, replace=False)
    assert (tmp_path / "pki/a.key").stat().st_mode & 0o777 == 0o600
    assert any("no-such-user" in note for note in done.notes)


def test_an_archive_gives_nobody_the_rights_of_another(tmp_path: Path) -> None:
    """Not even one that somebody wrote: a file with a setuid bit makes it none of ours."""
    tool = Member(name="settings/bin/tool", mode=0o4755, owner="root", group="root")
    with pytest.raises(DamagedArchiveError, match="mode"):
        made_of(tmp_path / "u", measured(tool, b"x"))
