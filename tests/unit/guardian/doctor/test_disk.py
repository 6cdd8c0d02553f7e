"""Room on the disks."""

from pathlib import Path

import pytest

from guardian.doctor.disk import FULL_BYTES, Room, examine, judge, room

GB = 1024**3


@pytest.mark.parametrize(
    ("found", "name", "level"),
    [
        (Room(100 * GB, 200 * GB, 10**6), "disk.space", "ok"),
        (Room(3 * GB, 200 * GB, 10**6), "disk.space", "ok"),
        (Room(GB, 200 * GB, 10**6), "disk.space", "warning"),
        (Room(GB, 8 * GB, 10**6), "disk.space", "ok"),
        (Room(GB // 2, 8 * GB, 10**6), "disk.space", "warning"),
        (Room(FULL_BYTES - 1, 200 * GB, 10**6), "disk.space", "fault"),
        (Room(100 * GB, 200 * GB, 12), "disk.inodes", "fault"),
        (Room(100 * GB, 200 * GB, None), "disk.space", "ok"),
        (Room(0, 0, 0), "disk.space", "fault"),
    ],
)
def test_room_is_judged(found: Room, name: str, level: str) -> None:
    finding = judge("/x", Path("/x"), found)
    assert (finding.name, finding.level) == (name, level)


def test_a_folder_that_is_not_there_yet_is_a_warning(tmp_path: Path) -> None:
    (found,) = examine("agent", tmp_path / "none")
    assert (found.name, found.level) == ("disk.folder", "warning")


def test_a_file_in_its_place_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = list(examine("agent", tmp_path / "file"))
    assert (found[0].name, found[0].level) == ("disk.folder", "fault")


def test_what_the_system_says_is_read(tmp_path: Path) -> None:
    there = room(tmp_path)
    assert 0 <= there.free_bytes <= there.total_bytes


def test_where_nobody_writes_by_itself_a_file_will_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = list(examine("pki", tmp_path / "file", written=False))
    assert [each.name for each in found] == ["disk.space"]
