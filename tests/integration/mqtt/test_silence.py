"""Brokers that accept and then say nothing, at each stage of a connection."""

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.mqtt.conftest import MakeBroker, MakeLink
from tests.integration.mqtt.listener import Hole, Listener
from tests.services.choice import wait_until

pytestmark = pytest.mark.integration

BRIEF_S = 0.3
"""Long enough for a machine under load to connect on loopback, and short for a test."""


@pytest.fixture
def silent() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


def test_no_connack(silent: Listener, broker: MakeBroker, link: MakeLink) -> None:
    good = broker()
    each, recorder = link(silent.url, good.url, connect_timeout_s=BRIEF_S)
    peer = silent.accept()
    peer.expect(1)
    peer.expect_end()
    assert recorder.until_up().broker == good.url
    assert each.counters.failed_attempts == 1


def test_no_tls_hello(silent: Listener, broker: MakeBroker, link: MakeLink) -> None:
    good = broker()
    _, recorder = link(f"mqtts://127.0.0.1:{silent.port}", good.url, connect_timeout_s=BRIEF_S)
    assert recorder.until_up().broker == good.url


def test_no_tcp(broker: MakeBroker, link: MakeLink) -> None:
    good = broker()
    with Hole() as hole:
        url = f"mqtt://127.0.0.1:{hole.port}"
        _, recorder = link(url, good.url, connect_timeout_s=BRIEF_S)
        assert recorder.until_up().broker == good.url


def test_no_suback(silent: Listener, link: MakeLink) -> None:
    each, recorder = link(silent.url, subscriptions=["t/#"], connect_timeout_s=BRIEF_S)
    peer = silent.accept()
    peer.expect(1)
    peer.connack()
    peer.expect(8)
    peer.expect_end()
    silent.accept().welcome()
    recorder.until_up()
    each.stop(timeout_s=0.1)
    assert recorder.downs == [(2, "stopped")], "what was never up is not told as down"


def test_nothing_any_more_after_a_good_start(silent: Listener, link: MakeLink) -> None:
    """The keepalive notices: a PING after one second, and the end after a second without answer."""
    each, recorder = link(silent.url, subscriptions=["t/#"], keepalive_s=1)
    peer = silent.accept()
    peer.welcome()
    recorder.until_up()
    peer.expect(12)
    peer.expect_end()
    assert recorder.until_down() == "keep alive timeout (0x8D)"
    silent.accept().welcome()
    recorder.until_up(2)
    each.stop(timeout_s=0.1)


def test_a_quiet_connection_is_kept_by_pings(broker: MakeBroker, link: MakeLink) -> None:
    running = broker()
    _, recorder = link(running.url, client_id="quiet", keepalive_s=1)
    recorder.until_up()
    wait_until(lambda: running.server.log().count("PINGREQ from quiet") >= 2, "two pings", 10.0)
    assert not recorder.downs


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts"])
def test_stop_does_not_wait_for_a_silent_broker(
    silent: Listener, link: MakeLink, scheme: str
) -> None:
    each, _ = link(f"{scheme}://127.0.0.1:{silent.port}", connect_timeout_s=60.0)
    silent.accept()
    each.stop(timeout_s=2.0)
    assert not [thread for thread in threading.enumerate() if thread.name == "mqtt-a"]


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts"])
def test_drop_does_not_wait_for_a_silent_broker(
    silent: Listener, broker: MakeBroker, link: MakeLink, scheme: str
) -> None:
    good = broker()
    url = f"{scheme}://127.0.0.1:{silent.port}"
    each, recorder = link(url, good.url, connect_timeout_s=60.0)
    silent.accept()
    each.drop("a press")
    assert recorder.until_up().broker == good.url


def test_stop_leaves_no_thread_and_no_socket(broker: MakeBroker, link: MakeLink) -> None:
    """The test run turns a socket that is left to the garbage collector into a failure."""
    running = broker()
    gc.collect()  # what earlier tests have left must not be closed in between
    before = _descriptors()
    for count in range(3):
        each, recorder = link(running.url, client_id=f"c{count}", subscriptions=["t/#"])
        recorder.until_up()
        each.drop("again")
        recorder.until_up(2)
        each.stop()
    assert not [thread for thread in threading.enumerate() if "mqtt-" in thread.name]
    assert _descriptors() <= before


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
