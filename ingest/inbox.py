"""What has arrived and is not yet read: bounded, because not every broker keeps to its window."""

from collections import deque
from collections.abc import Collection, Sequence
from threading import Condition

from runtime.mqtt.link import Incoming


class Inbox:
    """A queue from the network threads to the working loop."""

    def __init__(self, *, messages: int, size: int) -> None:
        """Take the bounds: how many messages, and how many bytes of payload."""
        self._max_messages = messages
        self._max_bytes = size
        self._waiting: deque[Incoming] = deque()
        self._bytes = 0
        self._woken = False
        self._changed = Condition()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, messages: Sequence[Incoming], earlier: Collection[int] = ()) -> bool:
        """Add messages of one connection without waiting; False, and none, without room for all.

        Messages of connections that it had `earlier` make room: they come again anyway.
        """
        size = sum([len(message.payload) for message in messages])
        with self._changed:
            if not self._has_room(len(messages), size):
                self._forget(earlier)
            if not self._has_room(len(messages), size):
                return False
            self._waiting.extend(messages)
            self._bytes += size
            self._changed.notify()
            return True

    def take(self, limit: int, timeout_s: float) -> list[Incoming]:
        """Return up to `limit` messages; waits for the first, at most `timeout_s` or a `wake`."""
        with self._changed:
            self._changed.wait_for(lambda: self._woken or (limit and self._waiting), timeout_s)
            self._woken = False
            take = self._waiting.popleft
            taken = [take() for _ in range(min(limit, len(self._waiting)))]
            self._bytes -= sum([len(message.payload) for message in taken])
            return taken

    def wake(self) -> None:
        """Let `take` return at once, with or without messages."""
        with self._changed:
            self._woken = True
            self._changed.notify()

    def _has_room(self, messages: int, size: int) -> bool:
        return (
            len(self._waiting) + messages <= self._max_messages
            and self._bytes + size <= self._max_bytes
        )

    def _forget(self, connections: Collection[int]) -> None:
        self._waiting = deque(each for each in self._waiting if each.connection not in connections)
        self._bytes = sum(len(each.payload) for each in self._waiting)
