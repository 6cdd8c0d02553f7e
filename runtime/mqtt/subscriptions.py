"""Which topics are wanted, and which the broker still has to forget."""

from collections.abc import Iterable
from threading import Lock


class Subscriptions:
    """The filters of one session; they outlive connections, and any thread may change them."""

    def __init__(self, filters: Iterable[str]) -> None:
        self._wanted = set(filters)
        self._leaving: set[str] = set()
        self._lock = Lock()
        self.version = 0
        """Counts the changes, so that looking whether there was one costs nothing."""

    def add(self, topic_filter: str) -> None:
        """Want the topics of this filter from now on."""
        with self._lock:
            self._wanted.add(topic_filter)
            self._leaving.discard(topic_filter)
            self.version += 1

    def remove(self, topic_filter: str) -> None:
        """Want them no longer; the broker is told, if need be by a later connection."""
        with self._lock:
            self._wanted.discard(topic_filter)
            self._leaving.add(topic_filter)
            self.version += 1

    def left(self, filters: Iterable[str]) -> None:
        """Note that the broker has forgotten these."""
        with self._lock:
            self._leaving.difference_update(filters)

    def snapshot(self) -> tuple[int, frozenset[str], frozenset[str]]:
        """Return the version, the filters wanted and those that the broker has to forget."""
        with self._lock:
            return self.version, frozenset(self._wanted), frozenset(self._leaving)
