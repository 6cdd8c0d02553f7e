"""Presses first: who else wants the processor and the database gives way to one that waits."""

from threading import Condition
from typing import Final

GIVE_WAY_S: Final = 0.25
"""Longest that anything is put off at once: alerts of earlier presses must not starve in a burst.
A worker that takes a batch each time still delivers sixty a second."""


class Precedence:
    """Thread-safe. Nobody is ever refused, only asked to wait, and not for long."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._waiting = 0

    def enter(self) -> None:
        """Say that a press waits; each call is matched by one of `leave`."""
        with self._changed:
            self._waiting += 1

    def leave(self) -> None:
        """Say that a press is answered, or that it waits for something else now."""
        with self._changed:
            self._waiting -= 1
            if not self._waiting:
                self._changed.notify_all()

    def give_way(self) -> bool:
        """Wait until no press does, `GIVE_WAY_S` at most; False when one still waits then."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, GIVE_WAY_S)
