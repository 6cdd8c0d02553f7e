import os
import threading
from pathlib import Path

import pytest

from broker_config import files
from broker_config.pki import present_user


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_file_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    """Also when it replaces one that everybody could read."""
    path = tmp_path / "key"
    path.write_text("old")
    path.chmod(0o644)
    before = os.umask(0)
    try:
        files.write_atomically(path, b"new")
    finally:
        os.umask(before)
    assert path.read_bytes() == b"new"
    assert mode(path) == 0o600


def test_a_write_that_fails_leaves_the_old_content_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk costs the new content only."""
    path = tmp_path / "list"
    path.write_text("old")

    def refuse(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space left"):
        files.write_atomically(path, b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_owner_is_refused_before_anything_is_replaced(tmp_path: Path) -> None:
    """The broker's files never become unreadable for the broker."""
    path = tmp_path / "list"
    path.write_text("old")
    with pytest.raises(LookupError):
        files.write_atomically(path, b"new", "no-such-user")
    assert path.read_text() == "old"


def test_a_file_can_be_given_to_its_owner(tmp_path: Path) -> None:
    """Giving it to oneself is what every user may do."""
    files.write_atomically(tmp_path / "list", b"x", present_user())
    assert (tmp_path / "list").stat().st_uid == os.geteuid()


def test_an_unchanged_file_is_left_alone(tmp_path: Path) -> None:
    """So the broker is told only of changes."""
    path = tmp_path / "list"
    assert files.write_if_changed(path, b"x")
    before = path.stat()
    assert not files.write_if_changed(path, b"x")
    assert path.stat().st_ino == before.st_ino
    assert files.write_if_changed(path, b"y")


def test_a_folder_is_its_owners_alone(tmp_path: Path) -> None:
    """One that was there before keeps its rights: it is not ours to close."""
    files.private_folder(tmp_path / "a" / "b", present_user())
    assert mode(tmp_path / "a" / "b") == 0o700
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "open").chmod(0o755)
    files.private_folder(tmp_path / "open")
    assert mode(tmp_path / "open") == 0o755


def test_a_second_command_waits_for_the_first(tmp_path: Path) -> None:
    """Two that run at once would lose one's certificate from the registry."""
    order: list[str] = []
    started = threading.Event()

    def second() -> None:
        started.set()
        with files.only_one(tmp_path / "lock"):
            order.append("second")

    with files.only_one(tmp_path / "lock"):
        thread = threading.Thread(target=second)
        thread.start()
        assert started.wait(5)
        thread.join(0.1)  # time enough to get in, if there were no lock
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]
