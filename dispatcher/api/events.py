"""Server-sent events: what happens, as it happens; resumable by `Last-Event-ID`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse

from dispatcher.accounts import Identity
from dispatcher.answers import DeskEvent
from dispatcher.api.incidents import PROBLEMS
from dispatcher.api.security import Reader, identify
from dispatcher.desk import Desk
from dispatcher.errors import StoreUnavailableError
from runtime import logs

if TYPE_CHECKING:
    from runtime.clock import Clock

HEARTBEAT_S = 2.0
"""A console that hears nothing for two of these says so loudly, within five seconds."""
PAGE = 100
"""How many events are read at once; a console that was away for long also takes the whole board."""
FROM_MEMORY_MS = 60_000
"""A console that connects is shown the alerts from memory of the last minute."""
_POLL_S = 1.0
"""How long the bell waits before it looks whether it is to end."""

_log = logs.get(__name__)


class Bell:
    """Wakes all streams when there is something new: one waiting thread, however many consoles."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stop = Event()
        self._waiting: set[asyncio.Event] = set()
        self._thread = Thread(target=self._run, name="event-bell", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.rung = 0

    def start(self) -> None:
        """Begin; to be called within the event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """End all streams and the thread; from any thread, before the server waits for them."""
        self._stop.set()
        self._wake()

    @property
    def stopped(self) -> bool:
        """Say whether streams are to end."""
        return self._stop.is_set()

    async def wait(self, rung: int, timeout_s: float) -> None:
        """Return when the bell has been rung since `rung`, or after `timeout_s`."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            if self.rung == rung:
                async with asyncio.timeout(timeout_s):
                    await event.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(event)

    def _run(self) -> None:
        last = memory = 0
        while not self._stop.is_set():
            try:
                if self._desk.wait_for_events(last, _POLL_S, memory_after=memory):
                    memory, _ = self._desk.memory_events_after(memory)
                    last = self._desk.last_event()
                    self._wake()
            except StoreUnavailableError:
                self._wake()
                self._stop.wait(_POLL_S)

    def _wake(self) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended; so do we
                self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        self.rung += 1
        for event in self._waiting:
            event.set()


@dataclass
class _Place:
    """How far one console has read."""

    event: int
    memory: int = 0


router = APIRouter(prefix="/api/v1", tags=["events"], responses=PROBLEMS)


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"description": "Events", "content": {"text/event-stream": {}}}},
)
async def events(
    request: Request,
    reader: Reader,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Follow `incident` and `alarm` events (a DeskEvent each); a `heartbeat` every 2 s."""
    desk: Desk = request.app.state.desk
    place = _Place(await to_thread.run_sync(_begin, desk, last_event_id or ""))
    return StreamingResponse(_stream(request, reader, desk, place), media_type="text/event-stream")


def _begin(desk: Desk, last_event_id: str) -> int:
    """Return the event after which to begin: the last one seen, else the newest."""
    if last_event_id.isdecimal():
        return int(last_event_id[:18])
    try:
        return desk.last_event()
    except StoreUnavailableError:
        return 0


async def _stream(
    request: Request, reader: Identity, desk: Desk, place: _Place
) -> AsyncIterator[bytes]:
    bell: Bell = request.app.state.bell
    clock: Clock = request.app.state.clock
    yield b"retry: 1000\n\n"
    while not bell.stopped and await to_thread.run_sync(_still, request, reader):
        yield _frame("heartbeat", {"now": clock.now_ms()})
        beat_due = clock.monotonic() + HEARTBEAT_S
        while not bell.stopped and clock.monotonic() < beat_due:
            rung = bell.rung
            for event in await to_thread.run_sync(_news, desk, place, clock.now_ms()):
                yield _event_frame(event)
            await bell.wait(rung, max(0.0, beat_due - clock.monotonic()))


def _still(request: Request, reader: Identity) -> bool:
    """Say whether the login or token still holds; without a database nobody can tell."""
    try:
        present = identify(request)
    except StoreUnavailableError:
        return True
    return present is not None and reader.scopes <= present.scopes


def _news(desk: Desk, place: _Place, now_ms: int) -> list[DeskEvent]:
    """Read on from the console's place: alerts from memory first, they need no database."""
    place.memory, from_memory = desk.memory_events_after(place.memory)
    news = [event for event in from_memory if now_ms - event.at < FROM_MEMORY_MS]
    try:
        while page := desk.events_after(place.event, PAGE):
            news += page
            place.event = page[-1].id
    except StoreUnavailableError:
        _log.debug("events_unreadable")
    return news


def _event_frame(event: DeskEvent) -> bytes:
    name = "alarm" if event.type == "alarm" else "incident"
    head = b"id: %d\n" % event.id if event.id else b""
    return head + _frame(name, event)


def _frame(name: str, content: object) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(content))
