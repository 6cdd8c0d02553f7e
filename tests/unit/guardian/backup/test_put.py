"""Putting files in their places."""

import errno
import os
from pathlib import Path

import pytest

from guardian.backup import put
from guardian.backup.errors import TargetError
from guardian.backup.manifest import Member
from guardian.backup.put import Putter, require_empty, require_free

ASIDE = "before-restore-20270115T080000Z"


def member(name: str, **fields: object) -> Member:
    return Member(**{"name": name, "mode": 0o600, "owner": "root", "group": "root", **fields})  # type: ignore[arg-type]


@pytest.fixture
def volumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a PKI as containers have it: other volumes are mounted in it, and cannot be moved."""
    root = tmp_path / "pki"
    mounts = [root / "broker", root / "services/svc.ingest.1"]
    for mount in mounts:
        mount.mkdir(parents=True)
    rename = Path.rename

    def moved(path: Path, target: Path) -> Path:
        if any(mount.is_relative_to(path) for mount in mounts):
            raise OSError(errno.EBUSY, "Device or resource busy")
        if _volume(path, mounts) != _volume(Path(target), mounts):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(path, target)

    monkeypatch.setattr(put, "mount_points", lambda: frozenset(mounts))
    monkeypatch.setattr(Path, "rename", moved)
    return root


def _volume(path: Path, mounts: list[Path]) -> Path | None:
    return next((mount for mount in mounts if path.is_relative_to(mount)), None)


def test_folders_for_volumes_are_no_files(volumes: Path) -> None:
    require_empty(volumes, replace=False)
    (volumes / "broker/server.key").write_text("old")
    with pytest.raises(TargetError):
        require_empty(volumes, replace=False)


def test_each_volume_keeps_what_was_in_it(volumes: Path) -> None:
    for name in ("ca.key", "broker/server.key", "services/svc.ingest.1/service.key"):
        (volumes / name).write_text("old")
    (volumes / "services/svc.tool.1").mkdir()
    (volumes / "services/svc.tool.1/service.key").write_text("old")
    putter = Putter(ASIDE)
    putter.empty(volumes)
    require_empty(volumes, replace=False)
    kept = sorted(str(each.relative_to(volumes)) for each in volumes.rglob("*.key"))
    assert kept == [
        f"{ASIDE}/ca.key",
        f"broker/{ASIDE}/server.key",
        f"services/{ASIDE}/svc.tool.1/service.key",
        f"services/svc.ingest.1/{ASIDE}/service.key",
    ]
    assert len(putter.notes) == 4


def test_a_file_appears_whole_with_its_mode(tmp_path: Path) -> None:
    (tmp_path / "content").write_text("new")
    target = tmp_path / "etc/x.toml"
    Putter(ASIDE).file(member("settings/etc/x.toml", mode=0o640), tmp_path / "content", target)
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in target.parent.iterdir()] == ["x.toml"]


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "content").write_text("new")
    full = OSError(errno.ENOSPC, "No space left on device")

    def fail(_: int) -> None:
        raise full

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        Putter(ASIDE).file(member("pki/a"), tmp_path / "content", tmp_path / "there/a")
    assert list((tmp_path / "there").iterdir()) == []


def test_a_folder_gets_its_mode_after_its_files(tmp_path: Path) -> None:
    """One that nobody may write in is filled first."""
    (tmp_path / "content").write_text("new")
    members = [member("pki", kind="folder", mode=0o500), member("pki/a")]
    Putter(ASIDE).tree(members, lambda _: tmp_path / "content", tmp_path / "pki")
    assert (tmp_path / "pki").stat().st_mode & 0o777 == 0o500


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    """Settings go into /etc, whose mode is not ours to change."""
    (tmp_path / "etc").mkdir(mode=0o755)
    members = [member("settings/etc", kind="folder", mode=0o700)]
    Putter(ASIDE).tree(members, lambda _: tmp_path, tmp_path)
    assert (tmp_path / "etc").stat().st_mode & 0o777 == 0o755


def test_a_dangling_link_is_something(tmp_path: Path) -> None:
    """Else the restored file would be written where the link leads."""
    (tmp_path / "x").symlink_to(tmp_path / "nowhere")
    with pytest.raises(TargetError):
        require_free(tmp_path / "x", replace=False)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "pki").write_text("")
    with pytest.raises(TargetError, match="no folder"):
        require_empty(tmp_path / "pki", replace=True)
