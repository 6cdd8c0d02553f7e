"""Who runs, and what they hold open, from a folder like /proc."""

import os
from pathlib import Path

import pytest

from guardian.doctor.processes import holders, running


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    folder = tmp_path / "proc"
    for pid, name, command in ((7, "gpsd", b"/usr/sbin/gpsd\0-n\0"), (8, "init", b"init\0")):
        (folder / str(pid) / "fd").mkdir(parents=True)
        (folder / str(pid) / "comm").write_text(f"{name}\n")
        (folder / str(pid) / "cmdline").write_bytes(command)
    (folder / "self").mkdir()
    return folder


def test_processes_have_names_and_commands(proc: Path) -> None:
    found = [(each.pid, each.name, each.command) for each in running(proc)]
    assert found == [(7, "gpsd", "/usr/sbin/gpsd -n"), (8, "init", "init")]


def test_whoever_has_the_device_open_is_named(proc: Path, tmp_path: Path) -> None:
    device = tmp_path / "ttyUSB0"
    device.touch()
    (proc / "7" / "fd" / "3").symlink_to(device)
    (proc / "8" / "fd" / "0").symlink_to(tmp_path / "gone")
    assert [str(each) for each in holders(device, proc)] == ["gpsd (process 7)"]
    assert holders(tmp_path / "none", proc) == []


def test_we_ourselves_do_not_count(proc: Path) -> None:
    ours = proc / str(os.getpid())
    ours.mkdir()
    (ours / "comm").write_text("python\n")
    (ours / "cmdline").write_bytes(b"python\0")
    assert [each.pid for each in running(proc)] == [7, 8]


def test_without_proc_there_is_nobody(tmp_path: Path) -> None:
    assert list(running(tmp_path / "none")) == []
