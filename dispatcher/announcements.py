"""Telling the threads that serve consoles that there is something new."""

from collections import deque
from collections.abc import Callable
from threading import Condition
from typing import Final

from dispatcher.answers import DeskEvent

REMEMBERED: Final = 1000
"""Events from memory that a console which reads slowly can still get."""


class Announcements:
    """The newest event's number, and the events that were given from memory; thread-safe."""

    def __init__(self, last_event: int = 0) -> None:
        self._changed = Condition()
        self._last_event = last_event
        self._memory: deque[tuple[int, DeskEvent]] = deque(maxlen=REMEMBERED)
        self._sequence = 0
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener`, from any thread, when there is something new; returns what ends it."""
        with self._changed:
            self._listeners.append(listener)

        def end() -> None:
            with self._changed:
                self._listeners.remove(listener)

        return end

    def committed(self, last_event: int) -> None:
        """Say that events up to this number are in the database."""
        with self._changed:
            if last_event <= self._last_event:
                return
            self._last_event = last_event
        self._announce()

    def from_memory(self, event: DeskEvent) -> None:
        """Tell consoles what the database does not know."""
        with self._changed:
            self._sequence += 1
            self._memory.append((self._sequence, event))
        self._announce()

    def memory_after(self, sequence: int) -> tuple[int, list[DeskEvent]]:
        """Return the newest sequence and the events from memory after `sequence`."""
        with self._changed:
            return self._sequence, [event for number, event in self._memory if number > sequence]

    def wait(self, after: int, timeout_s: float, memory_after: int) -> bool:
        """Wait until there is more; False when there is none in time."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._last_event > after or self._sequence > memory_after, timeout_s
            )

    def _announce(self) -> None:
        with self._changed:
            self._changed.notify_all()
            listeners = list(self._listeners)
        for listener in listeners:
            listener()
