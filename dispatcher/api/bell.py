"""Waking the event streams: the desk rings on any thread, the streams wait in the event loop."""

import asyncio
import contextlib
from threading import Event
from typing import TYPE_CHECKING

from dispatcher.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable


class Bell:
    """Wakes all streams when there is something new, without a thread of its own."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stopped = Event()
        self._waiting: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unlisten: Callable[[], None] | None = None
        self.rung = 0

    def start(self) -> None:
        """Begin; to be called within the event loop."""
        self._loop = asyncio.get_running_loop()
        self._unlisten = self._desk.listen(self._wake)

    def stop(self) -> None:
        """End all streams; from any thread, before the server waits for them."""
        self._stopped.set()
        unlisten, self._unlisten = self._unlisten, None
        if unlisten is not None:
            unlisten()
        self._wake()

    @property
    def stopped(self) -> bool:
        """Say whether streams are to end."""
        return self._stopped.is_set()

    async def wait(self, rung: int, timeout_s: float) -> None:
        """Return when the bell has been rung since `rung`, or after `timeout_s`."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            if self.rung == rung:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(timeout_s):
                        await event.wait()
        finally:
            self._waiting.discard(event)

    def _wake(self) -> None:
        """Ring; it is called after a commit, on the committing thread, and never raises."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and the streams with it
                self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        self.rung += 1
        for event in self._waiting:
            event.set()
