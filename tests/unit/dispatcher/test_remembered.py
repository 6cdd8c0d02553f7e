"""Answers of a database that is down now."""

import pytest

from dispatcher.errors import StoreUnavailableError
from dispatcher.remembered import REMEMBERED, REMEMBERED_MS, Remembered


def down(_: str) -> str | None:
    raise StoreUnavailableError("down")


def test_an_answer_is_remembered_for_a_while_and_only_when_it_must() -> None:
    known: Remembered[str] = Remembered()
    assert known.ask("a", lambda _: "chen", 0) == "chen"
    assert known.ask("a", down, REMEMBERED_MS - 1) == "chen"
    with pytest.raises(StoreUnavailableError):
        known.ask("a", down, REMEMBERED_MS)
    assert known.ask("a", lambda _: "wu", 1) == "wu"
    assert known.ask("a", lambda _: None, 2) is None
    with pytest.raises(StoreUnavailableError):
        known.ask("a", down, 3)


def test_a_clock_that_was_set_back_makes_nobody_known_for_longer() -> None:
    known: Remembered[str] = Remembered()
    known.ask("a", lambda _: "chen", 1000)
    with pytest.raises(StoreUnavailableError):
        known.ask("a", down, 999)


def test_it_does_not_grow_for_ever() -> None:
    known: Remembered[str] = Remembered()
    for number in range(REMEMBERED + 1):
        known.ask(str(number), lambda key: key, 0)
    with pytest.raises(StoreUnavailableError):
        known.ask("0", down, 0)
    assert known.ask("1", down, 0) == "1"
