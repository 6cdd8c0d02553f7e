"""The link against a real Mosquitto."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.mqtt.link import Incoming, Link, Will
from tests.integration.mqtt.conftest import MakeBroker, MakeLink
from tests.unit.runtime.mqtt.recorder import Recorder

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]

DOOMED = """
import sys
from runtime.mqtt.link import Link, Will
from tests.integration.mqtt.conftest import link_settings
from tests.unit.runtime.mqtt.recorder import Recorder

recorder = Recorder()
link = Link(
    link_settings(sys.argv[1], client_id="doomed"),
    recorder,
    will=lambda number: Will("status/doomed", b"lost %d" % number, retain=True),
)
link.start()
recorder.until_up()
print("up", flush=True)
sys.stdin.read()
"""


def test_there_and_back(broker: MakeBroker, link: MakeLink) -> None:
    each, recorder = link(broker().url, subscriptions=["t/#"])
    assert not recorder.until_up().session_present
    packet = each.publish("t/1", b"payload", expiry_s=60)
    message = recorder.until_message()
    assert (message.topic, message.payload, message.retain) == ("t/1", b"payload", False)
    assert each.acknowledge(message)
    assert recorder.until_puback() == (packet, 1, None)


def test_a_retained_message_comes_once_for_a_session(broker: MakeBroker, link: MakeLink) -> None:
    url = broker().url
    sender, sent = link(url, client_id="sender")
    sent.until_up()
    sender.publish("t/1", b"retained", retain=True)
    sent.until_puback()
    each, recorder = link(url, subscriptions=["t/#"])
    message = recorder.until_message()
    assert message.retain
    assert each.acknowledge(message)
    _round_trip(each, recorder)
    each.drop("again")
    assert recorder.until_up(2).session_present
    sender.publish("t/1", b"news")
    assert recorder.until_message(2).payload == b"news"


def test_what_is_not_acknowledged_comes_again(broker: MakeBroker, link: MakeLink) -> None:
    each, recorder = link(broker().url, subscriptions=["t/#"])
    recorder.until_up()
    for payload in (b"1", b"2", b"3"):
        each.publish("t/1", payload)
    recorder.until_message(3)
    assert each.acknowledge(recorder.messages[0])
    _round_trip(each, recorder)
    each.drop("again")
    assert recorder.until_up(2).session_present
    recorder.until_message(5)
    assert recorder.payloads() == [b"1", b"2", b"3", b"2", b"3"]


def test_an_old_acknowledgement_acknowledges_nothing(broker: MakeBroker, link: MakeLink) -> None:
    """Mosquitto keeps packet ids over connections: an unfenced PUBACK would be taken."""
    each, recorder = link(broker().url, subscriptions=["t/#"])
    recorder.until_up()
    each.publish("t/1", b"precious")
    old = recorder.until_message()
    for connection in (2, 3, 4):
        each.drop("again")
        recorder.until_up(connection)
        again = recorder.until_message(connection)
        assert again.payload == b"precious"
        assert again.connection == connection
        assert not each.acknowledge(old)
    assert each.acknowledge(again)


def test_a_broker_that_is_killed_and_comes_back_is_found_again(
    broker: MakeBroker, link: MakeLink
) -> None:
    running = broker()
    each, recorder = link(running.url, subscriptions=["t/#"])
    recorder.until_up()
    running.server.kill()
    assert recorder.until_down() == "the broker closed the connection"
    running.server.start()
    recorder.until(lambda: len(recorder.ups) == 2, "the second connection", 10.0)
    assert not recorder.ups[1].session_present
    each.publish("t/1", b"subscribed again")
    assert recorder.until_message().connection == recorder.ups[1].connection


def test_drop_goes_to_the_next_broker_and_back(broker: MakeBroker, link: MakeLink) -> None:
    first, second = broker(), broker()
    each, recorder = link(first.url, second.url, subscriptions=["t/#"])
    assert recorder.until_up().broker == first.url
    each.drop("no answer")
    assert recorder.until_up(2).broker == second.url
    each.publish("t/1", b"x")
    recorder.until_message()
    each.drop("no answer")
    assert recorder.until_up(3).broker == first.url
    assert recorder.ups[2].session_present


def test_the_will_of_a_process_that_is_killed(broker: MakeBroker, link: MakeLink) -> None:
    url = broker().url
    _, watcher = link(url, client_id="watcher", subscriptions=["status/#"])
    watcher.until_up()
    command = [sys.executable, "-c", DOOMED, url]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ, cwd=ROOT
    ) as doomed:
        assert doomed.stdout is not None
        assert doomed.stdout.readline() == b"up\n"
        doomed.send_signal(signal.SIGKILL)
    message = watcher.until_message()
    assert (message.topic, message.payload) == ("status/doomed", b"lost 1")


def test_drop_leaves_the_will_and_stop_does_not(broker: MakeBroker, link: MakeLink) -> None:
    url = broker().url
    watch, watcher = link(url, client_id="watcher", subscriptions=["status/#"])
    watcher.until_up()
    each, recorder = link(
        url, will=lambda number: Will("status/a", b"lost %d" % number, retain=False)
    )
    recorder.until_up()
    each.drop("half open")
    assert watcher.until_message().payload == b"lost 1"
    recorder.until_up(2)
    each.stop()
    watch.publish("status/last", b"after the stop")
    assert watcher.until_message(2).payload == b"after the stop"


def test_the_broker_sends_no_more_than_the_receive_maximum(
    broker: MakeBroker, link: MakeLink
) -> None:
    url = broker().url
    each, recorder = link(url, subscriptions=["t/#"], receive_maximum=3)
    recorder.until_up()
    sender, sent = link(url, client_id="sender")
    sent.until_up()
    for number in range(10):
        sender.publish("t/1", b"%d" % number)
    sent.until_puback(10)
    _round_trip(each, recorder)
    assert recorder.payloads() == [b"0", b"1", b"2"]
    for count in range(10):
        assert each.acknowledge(recorder.until_message(count + 1))
    assert recorder.payloads() == [b"%d" % number for number in range(10)]


def test_a_message_that_nobody_takes(broker: MakeBroker, link: MakeLink) -> None:
    each, recorder = link(broker().url)
    recorder.until_up()
    packet = each.publish("nobody/listens", b"x")
    assert recorder.until_puback() == (packet, 1, "no_matching_subscribers")


def test_a_message_that_the_broker_denies(
    broker: MakeBroker, link: MakeLink, tmp_path: Path
) -> None:
    rules = tmp_path / "acl"
    rules.write_text("topic readwrite allowed/#\n")
    rules.chmod(0o600)
    each, recorder = link(broker(f"acl_file {rules}").url, subscriptions=["allowed/#"])
    recorder.until_up()
    each.publish("allowed/1", b"x")
    each.publish("denied/1", b"x")
    recorder.until_puback(2)
    assert [failure for _, _, failure in recorder.pubacks] == [None, "not_authorized"]


def test_a_client_that_the_broker_does_not_know(
    broker: MakeBroker, link: MakeLink, caplog: pytest.LogCaptureFixture
) -> None:
    strict, open_to_all = broker(anonymous=False), broker()
    each, recorder = link(strict.url, open_to_all.url)
    assert recorder.until_up().broker == open_to_all.url
    assert each.counters.failed_attempts == 1
    assert "mqtt_attempt_failed" in caplog.text
    reasons = [getattr(record, "fields", {}).get("reason") for record in caplog.records]
    assert "the broker refused: not authorized (0x87)" in reasons


def test_two_clients_with_one_id(broker: MakeBroker, link: MakeLink) -> None:
    url = broker().url
    _, first = link(url, client_id="same")
    first.until_up()
    second_link, second = link(url, client_id="same")
    second.until_up()
    assert first.until_down() in {
        "the broker disconnected: session taken over (0x8E)",
        "the broker closed the connection",  # Mosquitto 2.0.11 says nothing
    }
    second_link.stop()
    first.until_up(2)


def test_stop_loses_nothing_that_was_published(broker: MakeBroker, link: MakeLink) -> None:
    """Neither among what lies unsent, nor to a reset because something lies unread."""
    url = broker("max_queued_messages 100000", "max_inflight_messages 65535").url
    _, watcher = link(url, client_id="watcher", subscriptions=["t/#"], receive_maximum=65535)
    watcher.until_up()
    each, recorder = link(url, subscriptions=["t/#"], receive_maximum=65535)
    recorder.until_up()
    total = 2000
    for number in range(total):
        each.publish("t/1", b"%d" % number)
    each.stop()
    watcher.until(lambda: len(watcher.messages) == total, "all messages", 10.0)
    assert recorder.downs == [(1, "stopped")]


def test_following_a_tracker_for_a_while(broker: MakeBroker, link: MakeLink) -> None:
    url = broker().url
    each, recorder = link(url, subscriptions=["panic"])
    sender, sent = link(url, client_id="sender")
    recorder.until_up()
    sent.until_up()
    each.subscribe("location/1")
    _publish_until_taken(sender, sent, "location/1")
    recorder.until(lambda: "location/1" in _topics(recorder.messages), "a location")
    each.unsubscribe("location/1")
    _publish_until_refused(sender, sent, "location/1")
    each.drop("again")
    recorder.until_up(2)
    _publish_until_refused(sender, sent, "location/1")
    _publish_until_taken(sender, sent, "panic")


def test_a_filter_given_up_between_connections(broker: MakeBroker, link: MakeLink) -> None:
    running = broker()
    each, recorder = link(running.url, subscriptions=["kept", "given up"])
    sender, sent = link(running.url, client_id="sender")
    recorder.until_up()
    sent.until_up()
    recorder.on["on_down"] = lambda: each.unsubscribe("given up")
    each.drop("again")
    assert recorder.until_up(2).session_present
    _publish_until_refused(sender, sent, "given up")
    _publish_until_taken(sender, sent, "kept")


def test_handlers_that_fail_do_not_lose_a_message(broker: MakeBroker, link: MakeLink) -> None:
    each, recorder = link(broker().url, subscriptions=["t/#"])
    recorder.until_up()

    def fail_once() -> None:
        recorder.on.clear()
        raise LookupError("a bug of the caller's")

    recorder.on["on_message"] = fail_once
    each.publish("t/1", b"precious")
    recorder.until_message()
    recorder.until(lambda: each.counters.callback_failures == 1, "the failure")
    each.drop("again")
    again = recorder.until_message(2)
    assert again.payload == b"precious"
    assert each.acknowledge(again)


def _round_trip(each: Link, recorder: Recorder) -> None:
    """Wait until the broker has answered: it has read all before, and sent all that it would."""
    packet = each.publish("round/trip", b"x")
    recorder.until(lambda: packet in [each for each, _, _ in recorder.pubacks], "the answer")


def _topics(messages: list[Incoming]) -> list[str]:
    return [each.topic for each in messages]


def _publish_until_taken(sender: Link, sent: Recorder, topic: str) -> None:
    _publish_until(sender, sent, topic, None)


def _publish_until_refused(sender: Link, sent: Recorder, topic: str) -> None:
    _publish_until(sender, sent, topic, "no_matching_subscribers")


def _publish_until(sender: Link, sent: Recorder, topic: str, answer: str | None) -> None:
    """A subscription is the broker's business and shows only in what it answers."""
    for _ in range(500):
        packet = sender.publish(topic, b"x")
        if _answer(sent, packet) == answer:
            return
    pytest.fail(f"{topic} is still answered with {sent.pubacks[-1][2]}")


def _answer(sent: Recorder, packet: int) -> str | None:
    sent.until(lambda: sent.pubacks and sent.pubacks[-1][0] == packet, "an answer")
    return sent.pubacks[-1][2]
