"""Server-sent events: what happens, as it happens; resumable by `Last-Event-ID`."""

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import anyio
import msgspec
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Header, Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from dispatcher.accounts import Identity
from dispatcher.answers import DeskEvent
from dispatcher.api.incidents import PROBLEMS
from dispatcher.api.problems import BusyError
from dispatcher.api.security import Reader, identify
from dispatcher.desk import Desk
from dispatcher.errors import StoreUnavailableError
from runtime import logs

if TYPE_CHECKING:
    from dispatcher.api.bell import Bell
    from runtime.clock import Clock

T = TypeVar("T")

HEARTBEAT_S: Final = 2.0
"""A console that hears nothing for two of these says so loudly, within five seconds."""
UNREAD_S: Final = 2 * HEARTBEAT_S
"""After so long without reading the database a heartbeat says so."""
CHECK_S: Final = 2.0
"""How often a login or token is checked: revoked, its streams end within five seconds."""
PAGE: Final = 100
"""How many events are read at once; a console that was away for long also takes the whole board."""
FROM_MEMORY_MS: Final = 60_000
"""A console that connects is shown the alerts from memory of the last minute."""
STREAMS_EACH: Final = 100
"""Streams of one user or token: more is a program that forgets to close them."""
PLACES_S: Final = 1.0
"""A place on a console's map is newer no more often: an operator could not read it."""
THREADS: Final = 8
"""All streams together read with so many threads: requests of operators have the others."""
FAREWELL_S: Final = 1.0
"""How long the end of a stream may take a client that does not read."""

_log = logs.get(__name__)

router = APIRouter(prefix="/api/v1", tags=["events"], responses=PROBLEMS)


class Streams:
    """What all streams of the app share."""

    def __init__(self) -> None:
        self.of: Counter[str] = Counter()
        self._threads = CapacityLimiter(THREADS)

    async def read(self, work: Callable[[], T]) -> T:
        """Do on a thread what waits for the database; nobody waits for it at the end."""
        return await to_thread.run_sync(work, limiter=self._threads, abandon_on_cancel=True)


class EventStream(Response):
    """One console's stream: four loops that send, until one of them ends.

    Heartbeats and alerts from memory do not wait for the database.
    """

    media_type = "text/event-stream"

    def __init__(self, request: Request, reader: Identity, begin: int) -> None:
        """Take the event after which to begin."""
        super().__init__()
        state = request.app.state
        self._request = request
        self._reader = reader
        self._desk: Desk = state.desk
        self._bell: Bell = state.bell
        self._clock: Clock = state.clock
        self._streams: Streams = state.streams
        self._event = begin
        self._memory = 0
        self._place = self._desk.places.last()
        self._read_at = self._clock.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the client, the login or the server ends."""
        del scope
        self._send = send
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"),
                   (b"x-accel-buffering", b"no")]  # fmt: skip
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        self._streams.of[self._reader.name] += 1
        try:
            with self._desk.attendance.console() if self._of_a_person() else nullcontext():
                await self._run(receive)
        finally:
            self._streams.of[self._reader.name] -= 1
        with anyio.move_on_after(FAREWELL_S):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _of_a_person(self) -> bool:
        """Say whether somebody who may acknowledge sits there, not a program."""
        return self._reader.csrf is not None and "incidents:write" in self._reader.scopes

    async def _run(self, receive: Receive) -> None:
        async def gone() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        async with anyio.create_task_group() as group:

            async def until_it_ends(loop: Callable[[], Awaitable[None]]) -> None:
                await loop()
                group.cancel_scope.cancel()

            for each in (gone, self._beat, self._alert, self._follow, self._move, self._check):
                group.start_soon(until_it_ends, each)

    async def _beat(self) -> None:
        await self._put(b"retry: 1000\n\n")
        while not self._bell.stopped:
            read_s = self._clock.monotonic() - self._read_at
            database = read_s < UNREAD_S and not self._desk.alarm.is_down
            await self._put(
                _frame("heartbeat", {"now": self._clock.now_ms(), "database": database})
            )
            await anyio.sleep(HEARTBEAT_S)

    async def _move(self) -> None:
        """Send where followed trackers are, of each incident the newest once a second."""
        while not self._bell.stopped:
            await anyio.sleep(PLACES_S)
            self._place, moved = self._desk.places.after(self._place)
            for news in moved:
                await self._put(_frame("place", news))

    async def _alert(self) -> None:
        """Send what was given from memory: it needs no database."""
        while not self._bell.stopped:
            rung = self._bell.rung
            self._memory, events = self._desk.memory_events_after(self._memory)
            for event in events:
                if self._clock.now_ms() - event.at < FROM_MEMORY_MS:
                    await self._put(_event_frame(event))
            await self._bell.wait(rung, HEARTBEAT_S)

    async def _follow(self) -> None:
        """Send what the database has, in order."""
        while not self._bell.stopped:
            rung = self._bell.rung
            try:
                while page := await self._streams.read(self._page):
                    for event in page:
                        await self._put(_event_frame(event))
                        self._event = event.id
                self._read_at = self._clock.monotonic()
            except StoreUnavailableError:
                _log.debug("events_unreadable")
            except Exception:  # noqa: BLE001 - the top of the loop; the heartbeat tells of it
                _log.exception("events_loop_failed")
                self._desk.metrics.loop_errors.labels("events").inc()
            await self._bell.wait(rung, HEARTBEAT_S)

    def _page(self) -> list[DeskEvent]:
        return self._desk.events_after(self._event, PAGE)

    async def _check(self) -> None:
        """Return when the login or token no longer holds."""
        holds = True
        while holds:
            await anyio.sleep(CHECK_S)
            holds = await self._streams.read(self._holds)

    def _holds(self) -> bool:
        try:
            present = identify(self._request)
        except StoreUnavailableError:
            return True  # without a database nobody can tell
        return present is not None and self._reader.scopes <= present.scopes

    async def _put(self, frame: bytes) -> None:
        await self._send({"type": "http.response.body", "body": frame, "more_body": True})


@router.get(
    "/events",
    response_class=Response,
    responses={200: {"description": "Events", "content": {"text/event-stream": {}}}},
)
async def events(
    request: Request, reader: Reader, last_event_id: Annotated[str | None, Header()] = None
) -> Response:
    """Follow `incident`, `alarm` (DeskEvent) and `place` (Moved); a `heartbeat` every 2 s."""
    streams: Streams = request.app.state.streams
    desk: Desk = request.app.state.desk
    if streams.of[reader.name] >= STREAMS_EACH:
        raise BusyError(f"{STREAMS_EACH} event streams of this account are open: close some")
    begin = await streams.read(lambda: _begin(desk, last_event_id or ""))
    return EventStream(request, reader, begin)


def _begin(desk: Desk, last_event_id: str) -> int:
    """Return the event after which to begin: the last one seen, else the newest.

    Never one that is still to come: a database from a backup counts from an earlier number.
    """
    seen = int(last_event_id[:18]) if last_event_id.isdecimal() else None
    try:
        newest = desk.last_event()
    except StoreUnavailableError:
        return seen or 0
    return newest if seen is None else min(seen, newest)


def _event_frame(event: DeskEvent) -> bytes:
    name = "alarm" if event.type == "alarm" else "incident"
    head = b"id: %d\n" % event.id if event.id else b""
    return head + _frame(name, event)


def _frame(name: str, content: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(content))
