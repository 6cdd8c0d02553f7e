"""The loop that reads all certificates every hour, and soon when something has changed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from broker_config.watch.expiry import Expiries
from broker_config.watch.sources import Sources
from runtime.clock import Clock
from runtime.lifecycle import Stopping

EVERY_S: Final = 3600.0
"""Certificates live for years; an hour is soon enough to see a new one."""
AGAIN_S: Final = 60.0
"""After something could not be read: a broker that restarts is back by then."""
LOOK_S: Final = 1.0
"""How often the loop looks round."""


class Certificates:
    """`latest` may be read on any thread; it is whole at every moment."""

    def __init__(self, sources: Sources, clock: Clock) -> None:
        self._sources = sources
        self._clock = clock
        self._due = float("-inf")
        self.latest = Expiries()
        """What the last reading found."""

    def read_soon(self) -> None:
        """Read again at the next look; for any thread: a broker that is back may have a new one."""
        self._due = float("-inf")

    def run(self, stopping: Stopping, beat: Callable[[], object]) -> None:
        """Read until `stopping`; the target of a Loop."""
        beat()
        self.turn()
        while not stopping.wait(LOOK_S):
            beat()
            self.turn()

    def turn(self) -> bool:
        """Read when it is time; say whether it was."""
        now = self._clock.monotonic()
        if now < self._due:
            return False
        self._due = now + EVERY_S
        self.latest, complete = self._sources.read(
            datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        )
        if not complete:
            self._due = min(self._due, now + AGAIN_S)
        return True
