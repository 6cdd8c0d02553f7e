"""One connection, packet by packet."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Barrier, Thread
from typing import Any

import pytest

from runtime.clock import ManualClock
from runtime.mqtt.address import BrokerAddress
from runtime.mqtt.errors import NotConnectedError, TooLargeError, TooManyInFlightError
from runtime.mqtt.interface import Incoming, LinkSettings, Up, Will
from runtime.mqtt.own_client import OVERSTEP
from runtime.mqtt.session import Confirmed, Event, Session
from runtime.mqtt.subscriptions import Subscriptions
from runtime.mqtt.waker import Waker
from tests.unit.runtime.mqtt.peer import (
    CONNECT,
    DISCONNECT,
    PUBACK,
    PUBLISH,
    SUBSCRIBE,
    UNSUBSCRIBE,
    Peer,
)

BROKER = BrokerAddress("broker.example", 1883, tls=False)
RECEIVE_MAXIMUM_2 = b"\x21\x00\x02"
MAXIMUM_PACKET_SIZE_100 = b"\x27\x00\x00\x00\x64"
SETTINGS = LinkSettings(
    brokers=(str(BROKER),),
    client_id="tracker-1",
    ca_file=None,
    cert_file=None,
    key_file=None,
    username=None,
    password=None,
    keepalive_s=0,
    session_expiry_s=3600,
    receive_maximum=20,
    send_buffer=None,
)


class Stand:
    """A session on one end of a pair of sockets and the test, as its broker, on the other."""

    def __init__(
        self, *filters: str, will: Will | None = None, settings: LinkSettings = SETTINGS
    ) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self.peer = Peer(theirs)
        self.clock = ManualClock()
        self.waker = Waker()
        self.subscriptions = Subscriptions(filters)
        self.session = Session(
            7,
            BROKER,
            ours,
            settings,
            will=will,
            subscriptions=self.subscriptions,
            waker=self.waker,
            clock=self.clock,
            deadline=self.clock.monotonic() + 10.0,
        )

    def turn(self) -> list[Event]:
        """Go round once without waiting: something has been sent, or nothing will come."""
        self.waker.wake()
        return self.session.turn()

    def up(self, *, present: bool = False, properties: bytes = b"") -> list[Event]:
        """Bring the connection up; return what came with it."""
        self.turn()
        self.peer.expect(CONNECT)
        self.peer.connack(present=present, properties=properties)
        events = self.turn()
        if not self.session.is_up():
            self.peer.suback(self.peer.expect(SUBSCRIBE))
            events += self.turn()
        return events

    def close(self) -> None:
        self.session.close()
        self.waker.close()
        self.peer.close()


@pytest.fixture(params=["paho", "own"])
def stand(request: pytest.FixtureRequest) -> Iterator[Callable[..., Stand]]:
    """Both clients behave alike."""
    made: list[Stand] = []

    def make(*filters: str, settings: LinkSettings = SETTINGS, **how: Any) -> Stand:
        chosen = replace(settings, bulk=request.param == "own")
        made.append(Stand(*filters, settings=chosen, **how))
        return made[-1]

    yield make
    for each in made:
        each.close()


Make = Callable[..., Stand]


def test_connect_asks_for_what_the_settings_say(stand: Make) -> None:
    each = stand("a/#", will=Will("t/will", b"lost", retain=True))
    each.turn()
    body = each.peer.expect(CONNECT).body
    assert body[:7] == b"\x00\x04MQTT\x05"
    flags = body[7]
    assert not flags & 0x02, "clean start"
    assert flags & 0x3C == 0x04 | 0x08 | 0x20, "a will at QoS 1, retained"
    assert b"\x11\x00\x00\x0e\x10" in body, "session expiry, 3600 s"
    assert b"\x21\x00\x14" in body, "receive maximum, 20"
    assert body.endswith(b"\x00\x09tracker-1\x00\x00\x06t/will\x00\x04lost"), "no will delay"


def test_user_name_and_password(stand: Make) -> None:
    each = stand(settings=replace(SETTINGS, username="user", password="secret"))
    each.turn()
    body = each.peer.expect(CONNECT).body
    assert body[7] & 0xC0 == 0xC0
    assert body.endswith(b"\x00\x04user\x00\x06secret")


def test_clean_start(stand: Make) -> None:
    each = stand(settings=replace(SETTINGS, clean_start=True))
    each.turn()
    assert each.peer.expect(CONNECT).body[7] & 0x02


def test_up_comes_after_suback(stand: Make) -> None:
    each = stand("b/#", "a/#")
    each.turn()
    each.peer.expect(CONNECT)
    each.peer.connack()
    assert each.turn() == []
    assert not each.session.is_up()
    subscribe = each.peer.expect(SUBSCRIBE)
    assert subscribe.filters == {"a/#": 0x11, "b/#": 0x11}, "QoS 1, retained only for new ones"
    each.peer.suback(subscribe)
    assert each.turn() == [Up(7, session_present=False, broker=str(BROKER))]
    assert each.session.is_up()


def test_without_filters_it_is_up_at_connack(stand: Make) -> None:
    each = stand()
    assert each.up(present=True) == [Up(7, session_present=True, broker=str(BROKER))]


def test_subscriptions_are_made_also_when_the_session_is_present(stand: Make) -> None:
    """The list may have grown since the broker made the session."""
    each = stand("a/#")
    each.turn()
    each.peer.expect(CONNECT)
    each.peer.connack(present=True)
    each.turn()
    assert set(each.peer.expect(SUBSCRIBE).filters) == {"a/#"}


def test_what_arrives_before_suback_waits_for_up_and_can_be_acknowledged(stand: Make) -> None:
    each = stand("a/#")
    each.turn()
    each.peer.expect(CONNECT)
    each.peer.connack(present=True)
    each.peer.publish("a/1", b"early", 1)
    assert each.turn() == []
    each.peer.suback(each.peer.expect(SUBSCRIBE))
    up, message = each.turn()
    assert isinstance(up, Up)
    assert message == Incoming("a/1", b"early", retain=False, connection=7, packet=1)
    assert each.session.acknowledge([1])
    each.turn()
    assert each.peer.expect(PUBACK).id == 1


@pytest.mark.parametrize("code", [0x80, 0x87, 0x8F])
def test_a_refused_subscription_ends_the_connection(stand: Make, code: int) -> None:
    each = stand("a/#")
    each.turn()
    each.peer.expect(CONNECT)
    each.peer.connack()
    each.turn()
    each.peer.suback(each.peer.expect(SUBSCRIBE), code)
    assert each.turn() == []
    assert str(each.session.ended).startswith("the broker refused a subscription: ")
    assert f"0x{code:02X}" in str(each.session.ended)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (0x87, "the broker refused: not authorized (0x87)"),
        (0x84, "the broker refused: unsupported protocol version (0x84)"),
        (0x01, "the broker refused: unsupported protocol version (0x84)"),
        (0x97, "the broker refused: quota exceeded (0x97)"),
    ],
)
def test_a_refused_connect(stand: Make, code: int, reason: str) -> None:
    each = stand("a/#")
    each.turn()
    each.peer.expect(CONNECT)
    each.peer.connack(code=code)
    assert each.turn() == []
    assert each.session.ended == reason


def test_a_broker_that_says_nothing(stand: Make) -> None:
    each = stand("a/#")
    each.turn()
    each.clock.advance(10.0)
    each.turn()
    assert each.session.ended == "no CONNACK within 10 s"


def test_a_broker_that_says_nothing_after_connack(stand: Make) -> None:
    each = stand("a/#")
    each.turn()
    each.peer.connack()
    each.turn()
    each.clock.advance(9.9)
    each.peer.publish("a/1", b"a slow link still brings old messages", 1)
    each.turn()
    each.clock.advance(9.9)
    each.turn()
    assert each.session.ended is None
    each.clock.advance(0.1)
    each.turn()
    assert each.session.ended == "no SUBACK within 10 s"


def test_a_message_is_acknowledged_once(stand: Make) -> None:
    """The broker may have given the packet id to another message by then."""
    each = stand("a/#")
    each.up()
    each.peer.publish("a/1", b"x", 9)
    each.turn()
    assert each.session.acknowledge([9])
    assert not each.session.acknowledge([9])
    assert not each.session.acknowledge([10])
    each.turn()
    assert each.peer.expect(PUBACK).id == 9
    each.peer.publish("a/1", b"another", 9)
    each.turn()
    assert each.session.acknowledge([9])


def test_acknowledgements_keep_their_order_and_go_out_together(stand: Make) -> None:
    each = stand("a/#")
    each.up()
    for packet in (5, 3, 4):
        each.peer.publish("a/1", b"x", packet)
    each.turn()
    for packet in (5, 3, 4):
        each.session.acknowledge([packet])
    each.turn()
    assert each.peer.sock.recv(100) == b"\x40\x02\x00\x05\x40\x02\x00\x03\x40\x02\x00\x04"


def test_after_the_end_nothing_is_sent(stand: Make) -> None:
    each = stand("a/#")
    each.up()
    each.peer.publish("a/1", b"x", 1)
    each.turn()
    each.session.end("dropped")
    each.session.end("a later reason")
    assert each.session.ended == "dropped"
    assert not each.session.acknowledge([1])
    with pytest.raises(NotConnectedError):
        each.session.publish("t", b"x", retain=False, expiry_s=None)
    each.session.close()
    each.peer.expect_end()


def test_before_up_nothing_is_published(stand: Make) -> None:
    each = stand("a/#")
    each.turn()
    with pytest.raises(NotConnectedError):
        each.session.publish("t", b"x", retain=False, expiry_s=None)


def test_publish_and_its_answer(stand: Make) -> None:
    each = stand()
    each.up()
    packet = each.session.publish("t/1", b"payload", retain=True, expiry_s=60)
    each.turn()
    sent = each.peer.expect(PUBLISH)
    assert sent.flags == 0b0011, "QoS 1, retained, no duplicate"
    assert (sent.topic, sent.id) == ("t/1", packet)
    assert sent.body.endswith(b"\x05\x02\x00\x00\x00\x3cpayload"), "expiry, 60 s"
    each.peer.puback(packet)
    assert each.turn() == [Confirmed(packet, None)]


def test_a_refused_message(stand: Make) -> None:
    each = stand()
    each.up()
    packet = each.session.publish("t/1", b"x", retain=False, expiry_s=None)
    each.turn()
    each.peer.puback(packet, 0x87)
    assert each.turn() == [Confirmed(packet, "not_authorized")]


def test_a_puback_for_nothing_is_ignored(stand: Make) -> None:
    each = stand()
    each.up()
    each.peer.puback(99)
    assert each.turn() == []
    assert each.session.ended is None


def test_the_broker_s_receive_maximum_is_kept(stand: Make) -> None:
    each = stand()
    each.up(properties=RECEIVE_MAXIMUM_2)
    first = each.session.publish("t", b"1", retain=False, expiry_s=None)
    each.session.publish("t", b"2", retain=False, expiry_s=None)
    for _ in range(3):
        with pytest.raises(TooManyInFlightError):
            each.session.publish("t", b"3", retain=False, expiry_s=None)
    each.turn()
    each.peer.puback(first)
    each.turn()
    each.session.publish("t", b"3", retain=False, expiry_s=None)
    each.turn()
    assert [each.peer.expect(PUBLISH).body[-1:] for _ in range(3)] == [b"1", b"2", b"3"]


def test_a_message_that_the_broker_would_hang_up_on_is_refused(stand: Make) -> None:
    each = stand()
    each.up(properties=MAXIMUM_PACKET_SIZE_100)
    each.session.publish("t", bytes(84), retain=False, expiry_s=9)
    with pytest.raises(TooLargeError):
        each.session.publish("t", bytes(85), retain=False, expiry_s=9)
    each.turn()
    sent = each.peer.expect(PUBLISH)
    assert 2 + len(sent.body) <= 100


def test_a_wildcard_in_a_topic_is_the_caller_s_bug_and_uses_nothing_up(stand: Make) -> None:
    each = stand()
    each.up(properties=RECEIVE_MAXIMUM_2)
    for _ in range(5):
        with pytest.raises(ValueError, match="wildcards"):
            each.session.publish("t/#", b"x", retain=False, expiry_s=None)
    each.session.publish("t", b"x", retain=False, expiry_s=None)


def test_many_threads_publish_at_once(stand: Make) -> None:
    each = stand()
    each.up()
    barrier = Barrier(8)
    packets: list[int] = []

    def publish() -> None:
        barrier.wait()
        for _ in range(50):
            packet = each.session.publish("t", b"x", retain=False, expiry_s=None)
            packets.append(packet)

    threads = [Thread(target=publish) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    each.turn()
    assert sorted(each.peer.expect(PUBLISH).id for _ in range(400)) == sorted(packets)
    assert len(set(packets)) == 400


def test_a_message_of_qos_0(stand: Make) -> None:
    each = stand("a/#")
    each.up()
    each.peer.publish("a/1", b"x", 0, retain=True)
    assert each.turn() == [Incoming("a/1", b"x", retain=True, connection=7, packet=0)]


def test_a_topic_that_is_no_text_ends_the_connection(stand: Make) -> None:
    each = stand("a/#")
    each.up()
    each.peer.send(PUBLISH, b"\x00\x02\xff\xfe\x00\x01\x00x", flags=2)
    assert each.turn() == []
    assert each.session.ended in {
        "protocol error (0x82)",
        "the broker breaks MQTT: A text is not UTF-8, or holds the character U+0000 (0x81)",
    }


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (0x8E, "the broker disconnected: session taken over (0x8E)"),
        (0x8B, "the broker disconnected: server shutting down (0x8B)"),
    ],
)
def test_the_broker_s_own_word_is_the_reason(stand: Make, code: int, reason: str) -> None:
    each = stand("a/#")
    each.up()
    each.peer.disconnect(code)
    each.peer.close()
    each.turn()
    assert each.session.ended == reason


def test_the_broker_s_word_counts_also_when_our_write_fails_first(stand: Make) -> None:
    each = stand("a/#")
    each.up()
    each.peer.disconnect(0x8E)
    each.peer.close()
    each.session.publish("t", b"x", retain=False, expiry_s=None)
    each.turn()
    assert each.session.ended == "the broker disconnected: session taken over (0x8E)"


def test_what_came_before_the_end_is_told(stand: Make) -> None:
    """A panic in the last packets is worked on now, and comes again."""
    each = stand("a/#")
    each.up()
    each.peer.publish("a/1", b"last words", 1)
    each.peer.close()
    told: list[Event] = []
    while each.session.ended is None:
        told += each.turn()
    assert told == [Incoming("a/1", b"last words", retain=False, connection=7, packet=1)]
    assert each.session.ended == "the broker closed the connection"


def test_nonsense_on_the_wire_ends_the_connection(stand: Make) -> None:
    each = stand("a/#")
    each.up()
    each.peer.sock.sendall(b"\x00\x00\r\n\r\n")
    each.turn()
    assert each.session.ended in {
        "protocol error (0x82)",
        "the broker breaks MQTT: A packet is of the reserved type 0 (0x81)",
    }


def test_subscribing_and_unsubscribing_later(stand: Make) -> None:
    each = stand("a/#")
    each.up()
    each.subscriptions.add("b")
    each.subscriptions.remove("a/#")
    assert each.turn() == []
    unsubscribe = each.peer.expect(UNSUBSCRIBE)
    assert set(unsubscribe.filters) == {"a/#"}
    assert set(each.peer.expect(SUBSCRIBE).filters) == {"b"}
    assert each.subscriptions.snapshot()[2] == {"a/#"}
    each.peer.unsuback(unsubscribe)
    each.turn()
    assert each.subscriptions.snapshot()[2] == frozenset()


def test_a_filter_given_up_while_away_is_told_to_a_broker_that_remembers(stand: Make) -> None:
    each = stand("a/#", "b")
    each.subscriptions.remove("b")
    each.turn()
    each.peer.expect(CONNECT)
    each.peer.connack(present=True)
    each.turn()
    assert set(each.peer.expect(UNSUBSCRIBE).filters) == {"b"}
    assert set(each.peer.expect(SUBSCRIBE).filters) == {"a/#"}


def test_the_last_filter_given_up(stand: Make) -> None:
    each = stand("a/#")
    each.up()
    each.subscriptions.remove("a/#")
    each.turn()
    assert set(each.peer.expect(UNSUBSCRIBE).filters) == {"a/#"}
    assert each.session.is_up()


def test_a_message_that_the_socket_takes_in_pieces(stand: Make) -> None:
    """The rest goes out when the socket takes it, and not when something else wakes the thread."""
    each = stand()
    each.up()
    payload = bytes(5_000_000)
    each.session.publish("t", payload, retain=False, expiry_s=None)

    def go_round() -> None:
        while each.session.ended is None:
            each.session.turn()

    network = Thread(target=go_round)
    network.start()
    try:
        assert each.peer.expect(PUBLISH).body.endswith(payload)
    finally:
        each.session.end("enough")
        network.join()


def test_goodbye_sends_everything_and_disconnect_last(stand: Make) -> None:
    each = stand("a/#")
    each.up()
    each.peer.publish("a/1", b"x", 1)
    each.turn()
    each.session.acknowledge([1])
    each.session.publish("t", b"last", retain=False, expiry_s=None)
    seen: list[int] = []

    def take_leave() -> None:
        while (packet := each.peer.read()) is not None:
            seen.append(packet.kind)
        each.peer.close()

    broker = Thread(target=take_leave)
    broker.start()
    each.session.say_goodbye("stopped", each.clock.monotonic() + 5.0)
    each.session.close()
    broker.join()
    assert seen == [PUBACK, PUBLISH, DISCONNECT]
    assert each.session.ended == "stopped"


def test_goodbye_to_a_broker_that_does_not_read_ends_in_time(stand: Make) -> None:
    """The clock stands still, so only the deadline that has passed can end it."""
    each = stand()
    each.up()
    each.session.publish("t", bytes(10_000_000), retain=False, expiry_s=None)
    each.turn()
    each.session.say_goodbye("stopped", each.clock.monotonic())
    assert each.session.ended == "stopped"


@pytest.mark.parametrize("stand", ["own"], indirect=True)
def test_a_broker_that_oversteps_the_receive_maximum_has_to_wait(stand: Make) -> None:
    """As Mosquitto 2.0.11 does: nothing is lost, memory is bounded, and the connection stays."""
    each = stand("a/#", settings=replace(SETTINGS, receive_maximum=2, keepalive_s=60))
    each.up()
    for packet in (1, 2, 3):
        each.peer.publish("a/1", b"x", packet)
    assert len(each.turn()) == 3
    each.peer.publish("a/1", b"waits", 4)
    for _ in range(5):
        assert each.turn() == []
        each.clock.advance(60.0)
    assert each.session.ended is None, "a ping that we do not hear answered is no news"
    each.session.acknowledge([1])
    assert each.turn() == [Incoming("a/1", b"waits", retain=False, connection=7, packet=4)]


def test_while_old_messages_keep_the_window_full_suback_is_read(stand: Make) -> None:
    """They wait for it, so they cannot be acknowledged before it."""
    each = stand("a/#", settings=replace(SETTINGS, receive_maximum=2))
    each.turn()
    each.peer.expect(CONNECT)
    each.peer.connack(present=True)
    for packet in (1, 2, 3):
        each.peer.publish("a/1", b"x", packet)
    each.turn()
    each.peer.suback(each.peer.expect(SUBSCRIBE))
    assert [type(event) for event in each.turn()] == [Up, Incoming, Incoming, Incoming]


@pytest.mark.parametrize("stand", ["own"], indirect=True)
def test_a_flood_is_named_to_the_broker(stand: Make) -> None:
    """It is told with a DISCONNECT what it did wrong."""
    each = stand("a/#", settings=replace(SETTINGS, receive_maximum=2))
    each.up()
    for packet in range(1, OVERSTEP + 4):
        each.peer.publish("a/1", b"x", packet)
        if packet % 50 == 0:
            each.session._read()
    each.session._read()
    assert str(each.session.ended).endswith("(0x93)")
    assert each.peer.expect(DISCONNECT).body == b"\x93"
