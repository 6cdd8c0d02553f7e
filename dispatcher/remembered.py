"""Who was known a short time ago, for the time when the database cannot be asked."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final, Generic, TypeVar

from dispatcher.errors import StoreUnavailableError

T = TypeVar("T")

REMEMBERED_MS: Final = 600_000
"""While the database is down who was known so lately still is: alerts from memory must be seen."""
REMEMBERED: Final = 1000
"""A thousand consoles and programs; of more, those of the longest silence are forgotten."""


class Remembered(Generic[T]):
    """Remembers answers; thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: OrderedDict[str, tuple[T, int]] = OrderedDict()

    def ask(self, key: str, find: Callable[[str], T | None], now: int) -> T | None:
        """Return what `find` does; while the database is down, what it did a short time ago.

        Raises:
            StoreUnavailableError: it is down, and this was not asked lately.
        """
        try:
            answer = find(key)
        except StoreUnavailableError:
            with self._lock:
                remembered = self._answers.get(key)
            if remembered is None or not 0 <= now - remembered[1] < REMEMBERED_MS:
                raise
            return remembered[0]
        with self._lock:
            self._answers.pop(key, None)
            if answer is not None:
                self._answers[key] = answer, now
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        return answer
