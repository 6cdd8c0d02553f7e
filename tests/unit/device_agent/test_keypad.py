from collections.abc import Iterable

import pytest

from contract.limits import MAX_CODE_CHARS
from device_agent.buttons.input_event import KeyEvent
from device_agent.events import CodeTyped, Event
from device_agent.keypad import FORGET_S, KeypadThread, Typing
from runtime.lifecycle import Stopping

ENTER, ESC = 28, 1
ROW = {str(digit): (digit - 1) % 10 + 2 for digit in range(10)}
PAD = dict(zip("7894561230", (71, 72, 73, 75, 76, 77, 79, 80, 81, 82), strict=True))


def typed(codes: Iterable[int], *, start: float = 100.0, step: float = 0.3) -> list[str]:
    """Type keys one after another; return the codes that came of it."""
    typing, found = Typing(), []
    for number, code in enumerate(codes):
        for down in (True, False):
            result = typing.key(KeyEvent(code, down, start + number * step))
            found += [result] if result is not None else []
    return found


@pytest.mark.parametrize("keys", [ROW, PAD])
def test_digits_and_enter_make_a_code(keys: dict[str, int]) -> None:
    assert typed([*(keys[digit] for digit in "0123456789"), ENTER]) == ["0123456789"]


def test_a_telephone_keypad_has_star_and_hash() -> None:
    assert typed([522, 514, 515, 523, 96]) == ["*23#"]


def test_clearing_begins_anew() -> None:
    assert typed([ROW["1"], ESC, ROW["2"], ENTER]) == ["2"]


def test_enter_alone_is_no_code() -> None:
    assert typed([ENTER, ENTER]) == []


def test_other_keys_are_passed_over() -> None:
    assert typed([ROW["1"], 30, 57, ROW["2"], ENTER]) == ["12"]


def test_a_half_typed_code_is_forgotten() -> None:
    assert typed([ROW["1"], ROW["2"], ENTER], step=FORGET_S + 1) == []
    assert typed([ROW["1"], ROW["2"], ENTER], step=FORGET_S) == ["12"]


def test_a_code_is_no_longer_than_the_contract_allows() -> None:
    assert typed([*[ROW["1"]] * 100, ENTER]) == ["1" * MAX_CODE_CHARS]


class Keys:
    """An input device that has these events and is then gone."""

    def __init__(self, events: list[KeyEvent]) -> None:
        self.events = events
        self.closed = False

    def wait(self, timeout_s: float) -> list[KeyEvent]:
        if not self.events:
            raise OSError("unplugged")
        events, self.events = self.events, []
        return events

    def close(self) -> None:
        self.closed = True


def test_a_keypad_that_is_unplugged_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was typed before does not end what is typed after."""
    monkeypatch.setattr("device_agent.keypad.REOPEN_S", 0.0)
    stopping, told = Stopping(), list[Event]()
    devices = [
        Keys([KeyEvent(ROW["7"], True, 1.0)]),
        Keys([KeyEvent(ROW["8"], True, 2.0), KeyEvent(ENTER, True, 3.0)]),
    ]
    opened: list[Keys] = []

    def open_keys() -> Keys:
        if not devices:
            stopping.stop("test")
            raise OSError("no such device")
        opened.append(devices.pop(0))
        return opened[-1]

    KeypadThread("keypad-1", open_keys, told.append, stopping=stopping).run()
    assert told == [CodeTyped("78")]
    assert all(each.closed for each in opened)
