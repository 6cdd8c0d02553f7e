"""The event stream over a real server: what consoles and other systems rely on."""

import gc
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from dispatcher.answers import DeskEvent
from dispatcher.api import events
from tests.integration.console.site import PASSWORD, Site
from tests.integration.console.streaming import Stream, Streams
from tests.services.choice import wait_until

pytestmark = pytest.mark.integration

MANY = 50
FLOOD = 500
"""Of 20 kB each: more than the buffers of a connection take (6 MB on Linux)."""


def incidents(stream: Stream, count: int) -> list[str]:
    """Return the incidents of the next events."""
    found = []
    for _ in range(count):
        event = stream.next("incident")
        assert event is not None
        found.append(event.content["incident"])
    return found


def open_descriptors() -> int:
    gc.collect()
    return len(list(Path("/dev/fd").iterdir()))


def test_a_stream_that_comes_back_gets_exactly_what_it_missed(site: Site, streams: Streams) -> None:
    stream = streams.of_token()
    stream.next("heartbeat")
    first = site.press("tracker-a")
    event = stream.next("incident")
    assert event is not None
    assert event.content["incident"] == first
    stream.close()
    missed = [site.press(f"tracker-{number}") for number in range(events.PAGE + 3)]
    again = streams.of_token("again", last_event_id=int(event.id or "0"))
    assert incidents(again, len(missed)) == missed
    site.desk.act(first, "acknowledge", "chen")
    last = again.next("incident")
    assert last is not None
    assert (last.content["incident"], last.content["type"]) == (first, "acknowledged")


def test_a_heartbeat_comes_every_two_seconds_with_the_servers_time(
    site: Site, streams: Streams
) -> None:
    stream = streams.of_token()
    times = []
    for _ in range(3):
        beat = stream.next("heartbeat")
        assert beat is not None
        times.append(time.monotonic())
        assert abs(beat.content["now"] - site.clock.now_ms()) < 1000
        assert beat.content["database"] is True
    assert max(b - a for a, b in pairwise(times)) < 2.5


def test_a_revoked_token_ends_its_stream_within_five_seconds(site: Site, streams: Streams) -> None:
    stream, other = streams.of_token("cad"), streams.of_token("other")
    stream.next("heartbeat")
    (token,) = [each for each in site.accounts.tokens() if each.name == "cad"]
    site.accounts.revoke_token(token.id)
    revoked_at = time.monotonic()
    stream.until_the_end()
    assert time.monotonic() - revoked_at < 5
    assert other.next("heartbeat") is not None


def test_a_disabled_users_streams_end_within_five_seconds(site: Site, streams: Streams) -> None:
    cookie = f"__Host-guardian={site.accounts.log_in('chen', PASSWORD, '127.0.0.1')}"
    browser = streams.of({"Cookie": cookie})
    token = site.accounts.add_token("of-chen", user="chen")
    program = streams.of({"Authorization": f"Bearer {token}"})
    for stream in (browser, program):
        stream.next("heartbeat")
    site.accounts.disable_user("chen")
    disabled_at = time.monotonic()
    for stream in (browser, program):
        stream.until_the_end()
    assert time.monotonic() - disabled_at < 5


def test_many_streams_get_an_event_at_once_on_few_threads(site: Site, streams: Streams) -> None:
    before = threading.active_count()
    listening = streams.of_many(MANY)
    pressed_at = time.monotonic()
    incident = site.press()
    assert {incidents(stream, 1)[0] for stream in listening} == {incident}
    assert time.monotonic() - pressed_at < 2
    # Their own, and those that the requests' tokens were checked on.
    assert threading.active_count() - before <= events.THREADS + 4


def test_the_server_ends_at_once_however_many_listen(site: Site, streams: Streams) -> None:
    listening = streams.of_many(MANY)
    stopped_at = time.monotonic()
    site.stop()
    assert time.monotonic() - stopped_at < 2
    for stream in listening:
        stream.until_the_end()
    site.start()


def test_clients_that_leave_leave_nothing_behind(site: Site, streams: Streams) -> None:
    streams.of_token("first").close()
    wait_until(lambda: site.app.state.streams.of.total() == 0, "the first stream to end")
    before = open_descriptors()
    listening = streams.of_many(MANY)
    assert site.app.state.streams.of.total() == MANY
    for stream in listening:
        stream.close()
    wait_until(lambda: site.app.state.streams.of.total() == 0, "all streams to end")
    wait_until(lambda: not site.app.state.bell._waiting, "nobody to wait for the bell")
    wait_until(lambda: open_descriptors() <= before + 2, "their connections to be closed")


def test_a_client_that_does_not_read_holds_up_no_other(site: Site, streams: Streams) -> None:
    deaf, quick = streams.of_many(2)
    for number in range(FLOOD):
        text = f"{number} " + "x" * 20_000
        event = DeskEvent(id=0, at=site.clock.now_ms(), type="alarm", text=text)
        site.desk.announcements.from_memory(event)
    for _ in range(FLOOD):
        assert quick.next("alarm") is not None
    assert quick.next("heartbeat") is not None
    deaf.close()
