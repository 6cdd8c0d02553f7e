"""What an archive says of itself."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.backup import manifest
from guardian.backup.errors import BackupError, DamagedArchiveError, NewerArchiveError
from guardian.backup.manifest import Manifest, Member

FILE = {"name": "pki/a", "mode": 0o600, "owner": "root", "group": "root"}


def text(*members: dict[str, Any], **fields: Any) -> bytes:
    whole = {
        "format": 1, "guardian": manifest.installed(), "made_at": 1, "members": members, **fields
    }  # fmt: skip
    return json.dumps(whole).encode()


def test_what_is_written_is_read() -> None:
    member = Member(name="pki/a", mode=0o600, owner="root", group="0", size=3, sha256="ab")
    head = Manifest(
        format=1, guardian="0.1.0", made_at=5, schema="0001", dumped_with=15,
        origins={"pki": "/x"}, members=(member,),
    )  # fmt: skip
    assert manifest.read(manifest.write(head)) == head
    assert head.parts() == ["pki"]
    assert (member.part, member.inner) == ("pki", "a")


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd", "../x", "pki/../../x", "pki/./x", "pki//x", "pki/", "", "else/x",
        "pki/a\\..\\b", "pki/a\nb", "manifest.json",
    ],
)  # fmt: skip
def test_a_name_that_leaves_its_part_is_refused(name: str) -> None:
    with pytest.raises(DamagedArchiveError, match="must not stand"):
        manifest.read(text({**FILE, "name": name}))


@given(st.text())
def test_a_name_that_passes_stays_below_its_part(name: str) -> None:
    try:
        manifest.check_name(name)
    except DamagedArchiveError:
        return
    steps = name.split("/")
    assert steps[0] in manifest.PARTS
    assert ".." not in steps
    assert "" not in steps


def test_a_name_stands_once_and_below_no_file() -> None:
    with pytest.raises(DamagedArchiveError, match="twice"):
        manifest.read(text(FILE, FILE))
    with pytest.raises(DamagedArchiveError, match="below a file"):
        manifest.read(text(FILE, {**FILE, "name": "pki/a/b"}))


@pytest.mark.parametrize(
    "fields", [{"format": 2, "members": "whatever"}, {"guardian": "99.0.0"}, {"guardian": "0.99"}]
)
def test_a_newer_archive_is_refused_whatever_else_it_says(fields: dict[str, Any]) -> None:
    with pytest.raises(NewerArchiveError, match="install"):
        manifest.read(text(**fields))


def test_an_older_archive_is_taken() -> None:
    assert manifest.read(text(guardian="0.0.9")).guardian == "0.0.9"


@given(st.binary())
def test_any_bytes_are_a_manifest_or_an_error_of_ours(raw: bytes) -> None:
    with pytest.raises(BackupError):
        manifest.read(raw)
