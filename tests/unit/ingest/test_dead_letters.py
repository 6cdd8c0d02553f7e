"""The file of dead letters."""

import logging
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.dead_letters import DeadLetters, KeptLetter
from ingest.reading import DeadLetter

NOW = 1_700_000_000_000


def letter(number: int = 0, device: str | None = "t") -> DeadLetter:
    return DeadLetter(device, f"topic/{device}", b"\x00\xff%d" % number, "unreadable", "lat: odd")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "dead.db"


@pytest.fixture
def letters(path: Path) -> Iterator[DeadLetters]:
    opened = DeadLetters(path, max_letters=20, max_of_a_tracker=5)
    yield opened
    opened.close()


def test_letters_are_kept_with_their_bytes_and_reason(letters: DeadLetters, path: Path) -> None:
    """Also after a restart, newest first."""
    assert letters.add([letter(1), letter(2, None)], NOW)
    letters.close()
    again = DeadLetters(path)
    assert again.newest(10) == [KeptLetter(letter(2, None), NOW, 1), KeptLetter(letter(1), NOW, 1)]
    again.close()


def test_a_letter_that_comes_again_is_counted(letters: DeadLetters) -> None:
    """A tracker sends an unnamed report five times."""
    for second in range(5):
        letters.add([letter(1)], NOW + second * 1000)
    assert letters.newest(10) == [KeptLetter(letter(1), NOW + 4000, 5)]


def test_one_tracker_cannot_push_the_others_out(letters: DeadLetters) -> None:
    """It loses its own oldest."""
    letters.add([letter(0, "quiet")], NOW)
    for number in range(100):
        letters.add([letter(number, "loud")], NOW)
    kept = [each.letter for each in letters.newest(100)]
    assert kept == [letter(number, "loud") for number in (99, 98, 97, 96, 95)] + [
        letter(0, "quiet")
    ]


def test_the_file_is_capped(letters: DeadLetters) -> None:
    """The oldest go, in one batch as in many."""
    letters.add([letter(0, f"t-{number}") for number in range(100)], NOW)
    assert letters.count() == 20
    assert letters.newest(1)[0].letter.device == "t-99"


def test_only_the_owner_may_read_it(letters: DeadLetters, path: Path) -> None:
    """Positions lie in it."""
    letters.add([letter()], NOW)
    modes = {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert modes == {0o600}


def test_letters_are_forgotten_with_the_positions(letters: DeadLetters) -> None:
    """They may hold some."""
    letters.add([letter(1)], NOW - 1)
    letters.add([letter(2)], NOW)
    assert letters.prune(NOW) == 1
    assert [each.letter for each in letters.newest(9)] == [letter(2)]


def test_a_disk_that_refuses_costs_dead_letters_alone(
    letters: DeadLetters, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said, and the next ones are tried again."""
    letters._db.execute("PRAGMA query_only = 1")
    with caplog.at_level(logging.ERROR):
        assert not letters.add([letter()], NOW)
    assert [each.message for each in caplog.records] == ["dead_letters_lost"]
    letters._db.execute("PRAGMA query_only = 0")
    assert letters.add([letter()], NOW)
    assert letters.count() == 1


def test_no_letters_are_no_work(letters: DeadLetters) -> None:
    """True, without touching the file."""
    letters._db.execute("PRAGMA query_only = 1")
    assert letters.add([], NOW)


@settings(max_examples=15)  # each writes files
@given(
    st.lists(st.lists(st.integers(0, 40), max_size=12), max_size=5),
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), max_size=6, unique=True),
)
def test_nobody_s_letters_cost_the_others_more_than_one_tracker_s_share(
    loud: list[list[int]], quiet: list[tuple[str, int]]
) -> None:
    """However much one tracker sends, it has at most its share; the others lose nothing by it."""
    with TemporaryDirectory() as folder:
        letters = DeadLetters(Path(folder) / "dead.db", max_letters=12, max_of_a_tracker=5)
        letters.add([letter(number, device) for device, number in quiet], NOW)
        for batch in loud:
            letters.add([letter(number, "loud") for number in batch], NOW)
        kept = [each.letter for each in letters.newest(100)]
        letters.close()
    assert sum(each.device == "loud" for each in kept) <= 5
    assert {each.payload for each in kept if each.device != "loud"} == {
        letter(number).payload for _, number in quiet
    }
    assert len(kept) <= 12


def test_what_is_settled_is_gone_and_what_remains_says_why(letters: DeadLetters) -> None:
    """A letter goes, stays with its new reason, or becomes the parts that are still bad."""
    letters.add([letter(1), letter(2), letter(3)], NOW)
    one, two, three = letters.after(0, 10)
    still = replace(two.letter, reason="rejected", detail="full")
    part = replace(letter(4), detail="a part")
    letters.settle([(one, []), (two, [still]), (three, [part])])
    assert letters.newest(9) == [KeptLetter(part, NOW, 1), KeptLetter(still, NOW, 1)]
    assert letters.find(two.id) == KeptLetter(still, NOW, 1)
    assert letters.find(one.id) is None


def test_a_failed_settling_leaves_the_file_as_it_was(letters: DeadLetters) -> None:
    """All of it or nothing."""
    letters.add([letter(1), letter(2)], NOW)
    one, two = letters.after(0, 10)
    broken = replace(letter(3), detail=None)  # type: ignore[arg-type]
    with pytest.raises(sqlite3.Error):
        letters.settle([(one, []), (two, [broken])])
    assert letters.count() == 2
    letters.settle([(one, [])])
    assert letters.after(0, 10) == [two]


def test_a_second_opener_works_meanwhile(letters: DeadLetters, path: Path) -> None:
    """Ingest adds while an administrator looks and replays."""
    letters.add([letter(1)], NOW)
    other = DeadLetters(path)
    (kept,) = other.after(0, 10)
    letters.add([letter(2)], NOW)
    other.settle([(kept, [])])
    assert letters.add([letter(3)], NOW)
    assert [each.letter for each in other.after(kept.id, 10)] == [letter(2), letter(3)]
    other.close()
