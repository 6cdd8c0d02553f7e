"""Our own client: what it does beyond what the session's suite asks of both."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from runtime.clock import ManualClock
from runtime.mqtt import own_client
from runtime.mqtt.client import Ended
from runtime.mqtt.interface import MAX_16_BITS, Incoming
from runtime.mqtt.own_client import ANSWERED_AT_ONCE, OVERSTEP, OwnClient
from runtime.mqtt.protocol import requests
from runtime.mqtt.protocol.packets import Accepted, PublishAnswered
from runtime.mqtt.stream import Stream
from tests.unit.runtime.mqtt.peer import (
    CONNECT,
    DISCONNECT,
    PINGREQ,
    PINGRESP,
    PUBACK,
    PUBLISH,
    Peer,
)
from tests.unit.runtime.mqtt.test_session import SETTINGS


class Stand:
    """A client and, on the other end, the test as its broker."""

    def __init__(self, keepalive_s: int = 60, receive_maximum: int = 20) -> None:
        self._all = ExitStack()
        ours, theirs = socket.socketpair()
        self._all.enter_context(ours)
        self._all.enter_context(theirs)
        ours.setblocking(False)
        self.clock = ManualClock()
        self.peer = Peer(theirs)
        self.stream = Stream(ours)
        settings = replace(SETTINGS, keepalive_s=keepalive_s, receive_maximum=receive_maximum)
        self.client = OwnClient(settings, self.stream, None, self.clock, 7)

    def send(self) -> None:
        """Bring what is queued to the peer."""
        assert not self.client.write()
        self.stream.flush()

    def open(self, properties: bytes = b"") -> None:
        """Get the CONNACK."""
        self.send()
        self.peer.expect(CONNECT)
        self.peer.connack(properties=properties)
        assert isinstance(self.client.read()[0], Accepted)

    def close(self) -> None:
        self._all.close()


@pytest.fixture
def stand() -> Iterator[Stand]:
    each = Stand()
    yield each
    each.close()


def test_all_that_has_come_is_read_at_once(stand: Stand) -> None:
    """However many messages."""
    stand.open()
    for packet in range(1, 51):
        stand.peer.publish("a/1", b"x", packet)
    messages = stand.client.read()
    assert [each.packet for each in messages if isinstance(each, Incoming)] == list(range(1, 51))
    assert stand.client.unacknowledged == set(range(1, 51))
    assert stand.client.read() == ()


def test_pubacks_are_one_write(stand: Stand) -> None:
    """In the order in which they are given."""
    stand.open()
    stand.client.acknowledge([3, 1, 2])
    stand.send()
    assert stand.peer.sock.recv(100) == bytes.fromhex("40020003 40020001 40020002")


def test_many_pubacks_are_spread_over_turns(stand: Stand) -> None:
    """Each lets the broker send a message of its backlog before it looks at anybody else."""
    stand.open()
    packets = list(range(1, ANSWERED_AT_ONCE + 11))
    stand.client.acknowledge(packets)
    stand.client.publish("t", b"x", retain=False, expiry_s=None)
    stand.send()
    for packet in packets[:ANSWERED_AT_ONCE]:
        assert stand.peer.expect(PUBACK).id == packet
    stand.peer.expect(PUBLISH)
    assert stand.client.has_more()
    stand.send()
    assert stand.peer.sock.recv(10_000) == requests.pubacks(packets[ANSWERED_AT_ONCE:])
    assert not stand.client.has_more()


def test_who_leaves_answers_everything_first(stand: Stand) -> None:
    """Else it would come again."""
    stand.open()
    packets = list(range(1, 3 * ANSWERED_AT_ONCE))
    stand.client.acknowledge(packets)
    stand.client.disconnect()
    stand.send()
    expected = requests.pubacks(packets) + requests.disconnect()
    assert stand.peer.sock.recv(10_000) == expected


def test_a_ping_after_silence_and_the_end_without_an_answer(stand: Stand) -> None:
    """Silence in one direction is enough (3.1.2.10)."""
    stand.open()
    stand.clock.advance(59.0)
    assert stand.client.look_at_the_clock() == ()
    stand.clock.advance(1.0)
    assert stand.client.look_at_the_clock() == ()
    stand.send()
    stand.peer.expect(PINGREQ)
    stand.peer.send(PINGRESP, b"")
    assert list(stand.client.read()) == [], "the session need not know"
    stand.clock.advance(60.0)
    stand.client.look_at_the_clock()
    stand.clock.advance(60.0)
    assert stand.client.look_at_the_clock() == (Ended("keep alive timeout (0x8D)"),)


def test_a_broker_that_wants_another_keepalive_gets_it(stand: Stand) -> None:
    """3.2.2.3.14."""
    stand.open(properties=b"\x13\x00\x05")
    assert stand.client.keepalive_s == 5
    stand.clock.advance(5.0)
    stand.client.look_at_the_clock()
    stand.send()
    stand.peer.expect(PINGREQ)


def test_no_keepalive_no_ping() -> None:
    """0 turns it off."""
    stand = Stand(keepalive_s=0)
    stand.clock.advance(1e9)
    assert stand.client.look_at_the_clock() == ()
    stand.close()


def test_who_is_full_pings_on_and_waits_for_no_answer() -> None:
    """It does not read, so it cannot hear one; but the broker has to hear that it is there."""
    stand = Stand(receive_maximum=1)
    stand.open()
    stand.peer.publish("a/1", b"x", 1)
    stand.peer.publish("a/1", b"x", 2)
    stand.client.read()
    assert stand.client.is_full()
    for _ in range(5):
        stand.clock.advance(60.0)
        assert stand.client.look_at_the_clock() == ()
        stand.send()
        stand.peer.expect(PINGREQ)
    stand.client.unacknowledged.discard(1)
    assert not stand.client.is_full()
    stand.close()


def test_who_holds_much_is_full_before_the_receive_maximum(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded in bytes; what needs no acknowledgement is not counted."""
    monkeypatch.setattr(own_client, "HELD_BYTES", 100)
    stand.open()
    stand.peer.publish("a/1", b"x" * 90, 0)
    for packet in (1, 2, 3):
        stand.peer.publish("a/1", b"x" * 40, packet)
    stand.client.read()
    assert stand.client.is_full()
    stand.client.acknowledge([1])
    assert not stand.client.is_full()
    stand.client.acknowledge([1, 1])
    stand.peer.publish("a/1", b"x" * 40, 4)
    stand.client.read()
    assert stand.client.is_full(), "what was acknowledged twice counts once"
    stand.client.acknowledge([2, 3, 4])
    assert not stand.client.is_full()
    assert not stand.client._sizes


def test_packet_ids_are_not_used_twice_at_a_time(stand: Stand) -> None:
    """They begin anew after 65535, and leave out what is in flight."""
    stand.open()
    first = stand.client.publish("t", b"x", retain=False, expiry_s=None)
    for _ in range(MAX_16_BITS - 1):
        packet = stand.client.publish("t", b"", retain=False, expiry_s=None)
        stand.client._in_flight.discard(packet)
    assert stand.client.publish("t", b"", retain=False, expiry_s=None) == first + 1


def test_an_answer_counts_once(stand: Stand) -> None:
    """A PUBACK for nothing does not make room for a message too many."""
    stand.open()
    packet = stand.client.publish("t", b"x", retain=False, expiry_s=None)
    stand.send()
    stand.peer.expect(PUBLISH)
    for _ in range(2):
        stand.peer.puback(packet)
    assert list(stand.client.read()) == [PublishAnswered(packet, 0)]


def test_a_topic_with_a_wildcard_uses_no_packet_id_up(stand: Stand) -> None:
    """It is the caller's bug."""
    with pytest.raises(ValueError, match="wildcards"):
        stand.client.publish("#", b"", retain=False, expiry_s=None)
    assert not stand.client._in_flight


@pytest.mark.parametrize(
    ("sent", "code"), [(b"\x34\x06\x00\x01t\x00\x01\x00", 0x82), (b"\x00\x00", 0x81)]
)
def test_a_broker_is_told_what_it_did_wrong(stand: Stand, sent: bytes, code: int) -> None:
    """After the messages before it, which are told."""
    stand.open()
    stand.peer.publish("a/1", b"x", 1)
    stand.peer.sock.sendall(sent)
    message, end = stand.client.read()
    assert isinstance(message, Incoming)
    assert isinstance(end, Ended)
    assert end.reason.startswith("the broker breaks MQTT: A ")
    assert end.reason.endswith(f"(0x{code:02X})")
    assert stand.peer.expect(DISCONNECT).body == bytes([code])


def test_the_end_of_the_connection(stand: Stand) -> None:
    """As the stream says it."""
    stand.open()
    stand.peer.close()
    assert stand.client.read() == (Ended("the broker closed the connection"),)


def test_what_is_queued_when_it_closes_is_forgotten(stand: Stand) -> None:
    """Nothing is queued across connections."""
    stand.open()
    stand.client.acknowledge([1])
    stand.client.close()
    stand.send()
    assert not stand.stream.unsent()


def test_the_room_beyond_the_window_is_what_one_read_brings() -> None:
    """So that a broker that oversteps is not taken for one that floods."""
    assert OVERSTEP == 8192
