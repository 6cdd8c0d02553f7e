"""The event stream, called as a server calls it; over a real network in tests/integration."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dispatcher.answers import DeskEvent
from dispatcher.api import events
from dispatcher.errors import StoreUnavailableError
from tests.unit.dispatcher.api.conftest import Office

Scene = Callable[["Listener"], Awaitable[None]]


class Listener:
    """A client of one stream."""

    def __init__(self, office: Office, token: str, last_event_id: str | None) -> None:
        self._office = office
        self._headers = [(b"authorization", f"Bearer {token}".encode())]
        if last_event_id is not None:
            self._headers.append((b"last-event-id", last_event_id.encode()))
        self._got: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        self.status = 0
        self.ended = asyncio.Event()

    async def run(self) -> None:
        """Listen until the server or `leave` ends it."""
        path = "/api/v1/events"
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "scheme": "https", "path": path, "raw_path": path.encode(), "query_string": b"",
            "root_path": "", "headers": self._headers, "client": ("192.0.2.1", 5), "server": None,
        }  # fmt: skip
        await self._office.app(scope, self._receive, self._send)
        self.ended.set()

    def leave(self) -> None:
        """Close the connection."""
        self._gone.set()

    async def next(self, *names: str) -> dict[str, Any]:
        """Return the next frame of one of these names: its id, event and data."""
        while True:
            frame = await asyncio.wait_for(self._got.get(), 4)
            if frame["event"] in names:
                return frame

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        for block in message.get("body", b"").decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines())
            if "event" in lines:
                frame = {"id": lines.get("id"), "event": lines["event"]}
                await self._got.put(frame | {"data": json.loads(lines["data"])})


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for pause in ("HEARTBEAT_S", "CHECK_S"):
        monkeypatch.setattr(events, pause, 0.02)


def listen(office: Office, scene: Scene, last_event_id: str | None = None) -> Listener:
    """Play a scene with one client."""
    token = office.accounts.add_token(f"cad-{last_event_id}")

    async def play() -> Listener:
        office.app.state.bell.start()
        listener = Listener(office, token, last_event_id)
        async with asyncio.TaskGroup() as group:
            group.create_task(listener.run())
            await scene(listener)
            listener.leave()
        office.app.state.bell.stop()
        return listener

    return asyncio.run(play())


def gone(*_: object) -> Any:
    raise StoreUnavailableError("gone")


def test_an_event_arrives_with_its_number_as_it_happens(office: Office) -> None:
    async def scene(listener: Listener) -> None:
        beat = await listener.next("heartbeat")
        assert beat["data"] == {"now": office.clock.now_ms(), "database": True}
        incident = await asyncio.to_thread(office.press)
        event = await listener.next("incident")
        assert (event["data"]["incident"], event["data"]["type"]) == (incident, "raised")
        assert event["id"] == str(event["data"]["id"]) == str(office.desk.last_event())

    assert listen(office, scene).status == 200


def test_a_client_that_comes_back_gets_exactly_what_it_missed(office: Office) -> None:
    office.press("tracker-a", 1)
    seen = office.desk.last_event()
    missed = [office.press("tracker-b", 2), office.press("tracker-c", 3)]

    async def scene(listener: Listener) -> None:
        got = [await listener.next("incident") for _ in missed]
        assert [each["data"]["incident"] for each in got] == missed
        last = await asyncio.to_thread(office.press, "tracker-d", 4)
        assert (await listener.next("incident"))["data"]["incident"] == last

    listen(office, scene, str(seen))


@pytest.mark.parametrize("last_event_id", ["", "nonsense", "-1", "1e3", "999999999999999999999"])
def test_a_number_that_cannot_be_resumed_from_begins_with_what_comes(
    office: Office, last_event_id: str
) -> None:
    """A database restored from a backup counts from an earlier number than the browser knows."""
    office.press("tracker-a", 1)
    assert events._begin(office.desk, last_event_id) == office.desk.last_event()


def test_alerts_from_memory_and_heartbeats_need_no_database(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(listener: Listener) -> None:
        await listener.next("heartbeat")
        monkeypatch.setattr(office.desk, "events_after", gone)
        monkeypatch.setattr(office.accounts, "by_token", gone)
        now = office.clock.now_ms()
        office.desk.announcements.from_memory(DeskEvent(id=0, at=now, type="raised", text="down"))
        alert = await listener.next("incident")
        assert (alert["id"], alert["data"]["text"]) == (None, "down")
        office.clock.advance(events.UNREAD_S)
        while (await listener.next("heartbeat"))["data"]["database"]:
            pass  # one that was sent before
        assert not listener.ended.is_set()

    listen(office, scene)
    assert "events_loop_failed" not in caplog.text


def test_who_connects_is_shown_the_alerts_from_memory_of_the_last_minute(office: Office) -> None:
    now = office.clock.now_ms()
    for age, text in ((events.FROM_MEMORY_MS, "long ago"), (1, "just now")):
        event = DeskEvent(id=0, at=now - age, type="alarm", text=text)
        office.desk.announcements.from_memory(event)

    async def scene(listener: Listener) -> None:
        assert (await listener.next("alarm"))["data"]["text"] == "just now"

    listen(office, scene)


def test_a_database_that_does_not_commit_is_told_at_once(office: Office) -> None:
    office.desk.alarm.down(StoreUnavailableError("disk full"))

    async def scene(listener: Listener) -> None:
        assert (await listener.next("heartbeat"))["data"]["database"] is False

    listen(office, scene)


def test_a_bug_of_ours_does_not_pass_for_a_quiet_night(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> Any:
        raise LookupError("bug")

    monkeypatch.setattr(office.desk, "events_after", broken)

    async def scene(listener: Listener) -> None:
        await listener.next("heartbeat")
        office.clock.advance(events.UNREAD_S)
        assert (await listener.next("heartbeat"))["data"]["database"] is False

    listen(office, scene)
    assert office.desk.metrics.loop_errors.labels("events")._value.get() > 0
    assert "events_loop_failed" in caplog.text


def test_a_stream_ends_with_its_token(office: Office) -> None:
    async def scene(listener: Listener) -> None:
        await listener.next("heartbeat")
        (token,) = office.accounts.tokens()
        await asyncio.to_thread(office.accounts.revoke_token, token.id)
        await asyncio.wait_for(listener.ended.wait(), 4)

    listen(office, scene)


def test_a_stream_ends_with_the_server_and_leaves_nothing_behind(office: Office) -> None:
    async def scene(listener: Listener) -> None:
        await listener.next("heartbeat")
        assert office.app.state.streams.of.total() == 1
        office.app.state.bell.stop()
        await asyncio.wait_for(listener.ended.wait(), 1)
        assert office.app.state.streams.of.total() == 0

    listen(office, scene)


def test_a_program_that_forgets_its_streams_is_refused(office: Office) -> None:
    client = office.bearer()
    office.app.state.streams.of["cad"] = events.STREAMS_EACH
    answer = client.get("/api/v1/events")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert str(events.STREAMS_EACH) in answer.json()["detail"]


def test_a_frame_has_an_id_only_where_the_stream_can_resume() -> None:
    remembered = DeskEvent(id=12, at=1, type="raised", incident="i")
    assert events._event_frame(remembered).startswith(b"id: 12\nevent: incident\ndata: {")
    from_memory = DeskEvent(id=0, at=1, type="alarm", text="two\nlines")
    frame = events._event_frame(from_memory)
    assert frame.startswith(b"event: alarm\ndata: {")
    assert frame.count(b"\n") == 3, "a line break in the text must not end the frame"
