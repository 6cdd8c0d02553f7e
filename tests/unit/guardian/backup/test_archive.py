"""The archive: what was packed comes out again, and nothing else does."""

import io
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardian.backup import archive, manifest
from guardian.backup.archive import Entry, measured
from guardian.backup.errors import BackupError, DamagedArchiveError, TargetError
from guardian.backup.manifest import Manifest, Member

HEAD = Manifest(format=1, guardian=manifest.installed(), made_at=1_700_000_000_000)


def member(name: str, **fields: object) -> Member:
    return Member(**{"name": name, "mode": 0o600, "owner": "root", "group": "root", **fields})  # type: ignore[arg-type]


def packed(*entries: Entry) -> bytes:
    target = io.BytesIO()
    archive.pack(HEAD, list(entries), target)
    return target.getvalue()


def three() -> bytes:
    return packed(
        Entry(member("pki", kind="folder", mode=0o700)),
        measured(member("pki/key"), b"secret"),
        measured(member("settings/etc/x.toml", mode=0o640), b"a = 1\n"),
    )


def rewritten(raw: bytes, change: Callable[[tarfile.TarInfo, bytes], object]) -> bytes:
    """Return the archive with members changed by somebody who leaves the manifest as it is."""
    target = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(raw)) as old,
        tarfile.open(fileobj=target, mode="w") as new,
    ):
        for info in old:
            content = old.extractfile(info)
            body = b"" if content is None else content.read()
            changed = change(info, body)
            if changed is not None:
                info, body = changed  # type: ignore[misc] # noqa: PLW2901
                info.size = len(body)
                new.addfile(info, io.BytesIO(body))
    return target.getvalue()


def test_what_was_packed_comes_out(tmp_path: Path) -> None:
    found = archive.unpack(io.BytesIO(three()), tmp_path)
    assert [each.name for each in found.manifest.members] == [
        "pki", "pki/key", "settings/etc/x.toml"
    ]  # fmt: skip
    assert (tmp_path / "pki/key").read_bytes() == b"secret"
    assert (tmp_path / "settings/etc/x.toml").read_bytes() == b"a = 1\n"


def test_checking_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archive.unpack(io.BytesIO(three()), None)
    assert list(tmp_path.iterdir()) == []


def test_every_tar_reads_it_with_modes_and_owners() -> None:
    with tarfile.open(fileobj=io.BytesIO(three())) as tar:
        infos = {each.name: each for each in tar}
    assert infos["pki"].isdir()
    assert (infos["pki/key"].mode, infos["pki/key"].uname) == (0o600, "root")
    assert infos["settings/etc/x.toml"].mode == 0o640


@pytest.mark.parametrize("what", [b"secret", b'"mode": 416', b"root", b"manifest.json"])
def test_a_changed_byte_is_found(what: bytes) -> None:
    """Also in the manifest itself, which says who may read a key."""
    raw = bytearray(three())
    raw[raw.index(what)] ^= 1
    with pytest.raises(DamagedArchiveError):
        archive.unpack(io.BytesIO(raw), None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_bytes_do_anything_but_what_was_packed(data: st.DataObject) -> None:
    """Cut off, changed or stuffed anywhere: it is refused, or it is what it was."""
    raw = bytearray(three())
    before = archive.unpack(io.BytesIO(raw), None).manifest
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 600)))
    raw[start:end] = data.draw(st.binary(max_size=600))
    try:
        found = archive.unpack(io.BytesIO(raw), None)
    except BackupError:
        return
    assert found.manifest == before


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, b"3"])
def test_a_link_or_device_in_place_of_a_file_is_refused(kind: bytes, tmp_path: Path) -> None:
    def link(info: tarfile.TarInfo, body: bytes) -> object:
        if info.name == "pki/key":
            info.type, info.linkname = kind, "/etc/passwd"
            return info, b""
        return info, body

    with pytest.raises(DamagedArchiveError):
        archive.unpack(io.BytesIO(rewritten(three(), link)), tmp_path)
    assert not (tmp_path / "pki/key").exists()


def test_what_the_manifest_does_not_name_is_refused(tmp_path: Path) -> None:
    raw = rewritten(three(), lambda info, body: (info, body))
    more = io.BytesIO(raw)
    with tarfile.open(fileobj=more, mode="a") as tar:
        info = tarfile.TarInfo("../outside")
        info.size = 4
        tar.addfile(info, io.BytesIO(b"evil"))
    with pytest.raises(DamagedArchiveError, match="not in its manifest"):
        archive.unpack(io.BytesIO(more.getvalue()), tmp_path)
    assert not (tmp_path.parent / "outside").exists()


def test_what_is_missing_or_renamed_is_refused() -> None:
    without = rewritten(
        three(), lambda info, body: None if info.name == "pki/key" else (info, body)
    )
    with pytest.raises(DamagedArchiveError):
        archive.unpack(io.BytesIO(without), None)
    last = rewritten(three(), lambda i, body: None if i.name.startswith("settings") else (i, body))
    with pytest.raises(DamagedArchiveError, match="cut off"):
        archive.unpack(io.BytesIO(last), None)


@pytest.mark.parametrize("raw", [b"", b"x" * 2000, b"\0" * 10_240])
def test_what_is_no_archive_is_refused(raw: bytes) -> None:
    with pytest.raises(DamagedArchiveError):
        archive.unpack(io.BytesIO(raw), None)


def test_another_tar_is_refused() -> None:
    other = io.BytesIO()
    with tarfile.open(fileobj=other, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("readme"))
    with pytest.raises(DamagedArchiveError, match="no manifest"):
        archive.unpack(io.BytesIO(other.getvalue()), None)


def test_an_archive_appears_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "guardian.tar"
    with archive.new_archive(path, replace=False) as target:
        target.write(b"half")
        (draft,) = tmp_path.iterdir()
        assert draft != path
        assert stat.S_IMODE(draft.stat().st_mode) == 0o600
    assert path.read_bytes() == b"half"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failure_leaves_the_archive_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "guardian.tar"
    path.write_bytes(b"old")

    def fail() -> None:
        with archive.new_archive(path, replace=True) as target:
            target.write(b"new")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"old"]


def test_an_archive_is_not_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "guardian.tar"
    path.write_bytes(b"old")
    with pytest.raises(TargetError, match="--replace"), archive.new_archive(path, replace=False):
        pass
