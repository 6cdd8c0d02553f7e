"""Disks that are full, out of inodes or read-only, on a small file system made for it."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from guardian.doctor import disk, sqlite_file
from tests.services.choice import REQUIRED

pytestmark = pytest.mark.integration

Mount = Callable[..., Path]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """What mounts a file system in memory; it takes the options of tmpfs(5)."""
    mounted: list[Path] = []

    def make(options: str) -> Path:
        folder = tmp_path / "disk"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "guardian-test", str(folder)]
        if os.geteuid() != 0 or shutil.which("mount") is None:
            _cannot("only root can mount")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            _cannot(done.stderr.strip())
        mounted.append(folder)
        return folder

    yield make
    for each in mounted:
        subprocess.run(["umount", str(each)], check=True)


def test_a_full_disk_is_a_fault(mount: Mount) -> None:
    folder = mount("size=128m")
    assert [each.level for each in disk.examine("agent", folder)] == ["ok"]
    (folder / "filler").write_bytes(bytes(100 * 1024 * 1024))
    (found,) = disk.examine("agent", folder)
    assert (found.name, found.level) == ("disk.space", "fault")
    assert "28 MB free of 128" in found.says
    assert "du -xh" in str(found.remedy)


def test_a_disk_out_of_inodes_is_a_fault(mount: Mount) -> None:
    folder = mount("size=256m,nr_inodes=1200")
    assert [each.level for each in disk.examine("agent", folder)] == ["ok"]
    for number in range(300):
        (folder / str(number)).touch()
    (found,) = disk.examine("agent", folder)
    assert (found.name, found.level) == ("disk.inodes", "fault")


def test_a_database_on_a_read_only_disk_is_a_fault(mount: Mount) -> None:
    folder = mount("size=128m")
    path = folder / "incidents.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE t (x)")
    path.chmod(0o600)
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    (found,) = sqlite_file.examine("database.file", path, "restore it")
    assert found.level == "fault"
    assert "read-only" in found.says
    assert f"remount,rw {folder}" in str(found.remedy)


def _cannot(why: str) -> None:
    if REQUIRED and os.geteuid() == 0:
        pytest.fail(why)
    pytest.skip(why)
