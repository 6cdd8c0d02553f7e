"""Where followed trackers are now, for consoles: of each incident the newest, in memory alone."""

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dispatcher.answers import Moved


class Places:
    """Thread-safe. A console that is slow misses what newer ones have replaced."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sequence = 0
        self._newest: OrderedDict[str, tuple[int, Moved]] = OrderedDict()

    def moved(self, news: "Moved") -> None:
        """Tell consoles where an open incident's tracker is."""
        with self._lock:
            self._sequence += 1
            self._newest[news.incident] = self._sequence, news
            self._newest.move_to_end(news.incident)

    def forget(self, incident: str) -> None:
        """Tell nobody any more: it has ended, and its position is sealed."""
        with self._lock:
            self._newest.pop(incident, None)

    def keep_only(self, incidents: "set[str] | frozenset[str]") -> None:
        """Forget all others: another dispatcher may have closed them."""
        with self._lock:
            for each in self._newest.keys() - incidents:
                del self._newest[each]

    def last(self) -> int:
        """Return the newest number: what a console that begins now has not missed."""
        with self._lock:
            return self._sequence

    def after(self, sequence: int) -> "tuple[int, list[Moved]]":
        """Return the newest number, and what is newer than `sequence`, oldest first."""
        with self._lock:
            found = []
            for number, news in reversed(self._newest.values()):
                if number <= sequence:
                    break
                found.append(news)
            return self._sequence, found[::-1]
