"""The dead letters of several workers."""

from pathlib import Path

import pytest

from ingest.dead_letters import DeadLetters
from ingest.errors import LettersUnusableError, NoLettersFileError, NoSuchLetterError
from ingest.letter_files import letter_files
from ingest.reading import DeadLetter

NOW = 1_700_000_000_000


def fill(folder: Path, instance: str, times: list[int]) -> None:
    letters = DeadLetters(folder / f"dead-letters-{instance}.db")
    for at in times:
        letter = DeadLetter("t", "x", b"%d" % at, "unreadable", instance)
        letters.add([letter], NOW + at)
    letters.close()


def test_letters_of_all_workers_are_in_one_list(tmp_path: Path) -> None:
    """The last first, whoever has it; an instance's name may have a hyphen."""
    fill(tmp_path, "1", [10, 30])
    fill(tmp_path, "b-2", [20])
    with letter_files(tmp_path) as files:
        assert [name for name, _ in files.newest(9)] == ["1-2", "b-2-1", "1-1"]
        assert [name for name, _ in files.newest(1)] == ["1-2"]
        instance, kept = files.find("b-2-1")
    assert (instance, kept.at) == ("b-2", NOW + 20)


@pytest.mark.parametrize("name", ["1-9", "2-1", "1", "", "1-", "1-x", "1-²", "1-" + "9" * 40])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    """In a sentence with the name."""
    fill(tmp_path, "1", [1])
    with letter_files(tmp_path) as files, pytest.raises(NoSuchLetterError, match="list shows"):
        files.find(name)


def test_a_wrong_folder_is_said(tmp_path: Path) -> None:
    """Nothing is made there."""
    with pytest.raises(NoLettersFileError, match="GUARDIAN_STATE_DIR"), letter_files(tmp_path):
        pytest.fail("opened")
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_is_named_unusable(tmp_path: Path) -> None:
    """And left as it is."""
    (tmp_path / "dead-letters-1.db").write_bytes(b"my holiday diary, " * 100)
    with pytest.raises(LettersUnusableError, match="not a database"), letter_files(tmp_path):
        pytest.fail("opened")
