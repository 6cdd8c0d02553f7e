"""Learns which sentence ends the receiver's cycle, so that an epoch ends with it and not later."""

LEARNT_AFTER = 3
"""So many cycles in a row have to end alike; a different end unlearns it."""

Place = tuple[str, int]
"""The n-th sentence of a key (`GNGSA` comes once for each constellation) within a cycle."""


class CycleEnd:
    """Hears every sentence that is read, also those that come too late for their epoch."""

    def __init__(self) -> None:
        self._tod_ms: int | None = None
        self._counts: dict[str, int] = {}
        self._tail: Place | None = None
        self._candidate: Place | None = None
        self._seen = 0
        self._observed = False

    def hear(self, key: str, tod_ms: int | None) -> bool:
        """Take the next sentence; say whether it is the one that has been ending cycles."""
        if tod_ms is not None and tod_ms != self._tod_ms:
            self._turn(tod_ms)
        self._counts[key] = self._counts.get(key, 0) + 1
        self._tail = (key, self._counts[key])
        return self._seen >= LEARNT_AFTER and self._tail == self._candidate

    def pause(self) -> None:
        """Take note of a quiet gap: it tells the end better than the next time of day does."""
        if self._tail is not None and not self._observed:
            self._observe(self._tail)
            self._observed = True

    def _turn(self, tod_ms: int) -> None:
        if self._tail is not None and not self._observed:
            self._observe(self._tail)
        self._observed = False
        self._tod_ms = tod_ms
        self._counts.clear()

    def _observe(self, end: Place) -> None:
        self._seen = self._seen + 1 if end == self._candidate else 1
        self._candidate = end
