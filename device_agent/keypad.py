"""A keypad on which the holder types a code to cancel: digits, then Enter.

The code is passed on as typed. Nothing here knows a right one, and a keypad gives no sign.
"""

from collections.abc import Callable
from contextlib import closing
from typing import Protocol

from contract.limits import MAX_CODE_CHARS
from device_agent.buttons.input_event import KeyEvent
from device_agent.events import CodeTyped, Event
from runtime import logs
from runtime.lifecycle import Stopping

FORGET_S = 15.0
"""A half-typed code is over after so long: what follows is another one."""
BEAT_S = 1.0
REOPEN_S = 2.0
"""A keypad that was unplugged is looked for this often."""

_DIGITS = {
    **{code: str((code - 1) % 10) for code in range(2, 12)},  # KEY_1 ... KEY_9, KEY_0
    71: "7", 72: "8", 73: "9", 75: "4", 76: "5", 77: "6", 79: "1", 80: "2", 81: "3", 82: "0",
    55: "*", 522: "*", 523: "#",  # KEY_KPASTERISK, KEY_NUMERIC_STAR, KEY_NUMERIC_POUND
    **{512 + digit: str(digit) for digit in range(10)},  # KEY_NUMERIC_0 ... 9
}  # fmt: skip
"""By linux/input-event-codes.h: the row above the letters, the number pad, telephone keypads."""
_ENTER = frozenset({28, 96, 353})  # KEY_ENTER, KEY_KPENTER, KEY_SELECT
_CLEAR = frozenset({1, 14, 111, 355})  # KEY_ESC, KEY_BACKSPACE, KEY_DELETE, KEY_CLEAR

_log = logs.get(__name__)


class Keys(Protocol):
    """An open input device; see `device_agent.buttons.input_event.InputDevice`."""

    def wait(self, timeout_s: float) -> list[KeyEvent]:
        """Wait for keys."""

    def close(self) -> None:
        """Close the device."""


class Typing:
    """Keys to codes."""

    def __init__(self) -> None:
        self._typed = ""
        self._last_at = 0.0

    def key(self, event: KeyEvent) -> str | None:
        """Take a key; return the code when Enter ends one."""
        if not event.down:
            return None
        if event.at - self._last_at > FORGET_S:
            self._typed = ""
        self._last_at = event.at
        if event.code in _ENTER:
            typed, self._typed = self._typed, ""
            return typed or None
        if event.code in _CLEAR:
            self._typed = ""
        self._typed = (self._typed + _DIGITS.get(event.code, ""))[:MAX_CODE_CHARS]
        return None


class KeypadThread:
    """Reads one keypad; one that is gone is opened again."""

    def __init__(
        self,
        name: str,
        open_keys: Callable[[], Keys],
        post: Callable[[Event], None],
        *,
        stopping: Stopping,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Take how to open the device: OSError means that it may be there later."""
        self._name = name
        self._open_keys = open_keys
        self._post = post
        self._stopping = stopping
        self._beat = beat
        self._typing = Typing()
        self._lost = False

    def run(self) -> None:
        """Read until the process ends."""
        while not self._stopping.is_set():
            self._beat()
            try:
                with closing(self._open_keys()) as keys:
                    self._lost = False
                    self._read(keys)
            except OSError as error:
                if not self._lost:
                    _log.error("keypad_lost", keypad=self._name, reason=str(error))
                self._lost = True
                self._stopping.wait(REOPEN_S)

    def _read(self, keys: Keys) -> None:
        while not self._stopping.is_set():
            self._beat()
            for event in keys.wait(BEAT_S):
                code = self._typing.key(event)
                if code is not None:
                    self._post(CodeTyped(code))
