"""One session at two brokers, with links to none."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import pytest

from dispatcher.broker_links import BrokerLinks
from dispatcher.confirmations import SILENT_S
from runtime.clock import ManualClock
from runtime.mqtt.errors import NotConnectedError, TooManyInFlightError
from runtime.mqtt.interface import Incoming, LinkHandler, Up
from runtime.mqtt.link import Link as RealLink


@dataclass
class Link:
    """What a broker is sent, and in which connection."""

    handler: LinkHandler
    connection: int | None = 1
    packet: int = 0
    full: bool = False
    published: list[str] = field(default_factory=list)
    acknowledged: list[Incoming] = field(default_factory=list)
    subscribed: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None
    ) -> int:
        del payload, retain, expiry_s
        if self.connection is None:
            raise NotConnectedError("cut by the test")
        if self.full:
            raise TooManyInFlightError("full")
        self.published.append(topic)
        self.packet += 1
        return self.packet

    def acknowledge(self, message: Incoming) -> bool:
        self.acknowledged.append(message)
        return message.connection == self.connection

    def subscribe(self, topic_filter: str) -> None:
        self.subscribed.append(topic_filter)

    def unsubscribe(self, topic_filter: str) -> None:
        self.subscribed.remove(topic_filter)

    def drop(self, reason: str) -> None:
        self.dropped.append(reason)


@dataclass
class Heard:
    """A LinkHandler that remembers."""

    ups: list[Up] = field(default_factory=list)
    downs: list[int] = field(default_factory=list)
    messages: list[Incoming] = field(default_factory=list)
    answers: list[tuple[int, str | None]] = field(default_factory=list)

    def on_up(self, up: Up) -> None:
        self.ups.append(up)

    def on_down(self, connection: int, reason: str) -> None:
        del reason
        self.downs.append(connection)

    def on_message(self, message: Incoming) -> None:
        self.messages.append(message)

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        del connection
        self.answers.append((packet, failure))


class Pair:
    def __init__(self) -> None:
        self.heard = Heard()
        self.clock = ManualClock()
        self.made: list[Link] = []
        make = cast("Callable[[int, str, LinkHandler], RealLink]", self._make)
        self.links = BrokerLinks(["a", "b"], self.heard, make, self.clock)

    def _make(self, place: int, broker: str, handler: LinkHandler) -> Link:
        assert "ab"[place] == broker
        self.made.append(Link(handler))
        return self.made[-1]


@pytest.fixture
def pair() -> Pair:
    return Pair()


def test_what_trackers_are_to_hear_goes_to_every_broker(pair: Pair) -> None:
    pair.links.publish("t", b"")
    assert [link.published for link in pair.made] == [["t"], ["t"]]


def test_a_dead_broker_hinders_nobody(pair: Pair) -> None:
    pair.made[0].connection = None
    number = pair.links.publish("t", b"")
    pair.made[1].handler.on_puback(1, 1, None)
    assert pair.heard.answers == [(number, None)]
    assert pair.links.connection is not None
    assert not pair.links.is_connected("a")
    assert pair.links.is_connected("b")


def test_without_any_broker_the_caller_is_told(pair: Pair) -> None:
    for link in pair.made:
        link.connection = None
    with pytest.raises(NotConnectedError):
        pair.links.publish("t", b"")
    assert pair.links.connection is None


def test_a_message_is_answered_and_acknowledged_where_it_came_by(pair: Pair) -> None:
    for link in pair.made:
        link.handler.on_message(Incoming("q", b"", False, 1, 7))
    first, second = pair.heard.messages
    assert first.connection != second.connection
    pair.links.answer(second, "r", b"")
    assert pair.links.acknowledge(second)
    assert [link.published for link in pair.made] == [[], ["r"]]
    assert pair.made[0].acknowledged == []
    assert pair.made[1].acknowledged == [Incoming("q", b"", False, 1, 7)]


def test_an_answer_whose_connection_is_gone_goes_everywhere(pair: Pair) -> None:
    """The tracker may be at another broker by now."""
    pair.made[0].handler.on_message(Incoming("q", b"", False, 1, 7))
    pair.made[0].connection = 2
    pair.links.answer(pair.heard.messages[0], "r", b"")
    assert [link.published for link in pair.made] == [["r"], ["r"]]
    assert not pair.links.acknowledge(pair.heard.messages[0])


def test_connections_of_two_brokers_never_share_a_number(pair: Pair) -> None:
    for connection in (1, 2, 3):
        for link in pair.made:
            link.handler.on_up(Up(connection, session_present=False, broker="x"))
            link.handler.on_down(connection, "cut")
    assert len(set(pair.heard.downs)) == 6
    assert [up.connection for up in pair.heard.ups] == pair.heard.downs


def test_a_full_window_is_waited_for_while_its_broker_answers(pair: Pair) -> None:
    pair.links.publish("t", b"")
    pair.made[1].full = True
    with pytest.raises(TooManyInFlightError):
        pair.links.publish("t", b"")
    assert pair.made[1].dropped == []


def test_a_full_window_of_a_silent_broker_is_left(pair: Pair) -> None:
    pair.links.publish("t", b"")
    pair.made[1].full = True
    pair.clock.advance(SILENT_S)
    number = pair.links.publish("t", b"")
    assert len(pair.made[1].dropped) == 1
    pair.made[0].handler.on_puback(2, 1, None)
    assert (number, None) in pair.heard.answers


def test_a_lost_connection_fails_only_what_no_other_broker_has(pair: Pair) -> None:
    both = pair.links.publish("t", b"")
    pair.made[0].handler.on_down(1, "cut")
    assert pair.heard.answers == []
    pair.made[1].handler.on_down(1, "cut")
    assert pair.heard.answers == [(both, "connection lost: cut")]


def test_filters_are_subscribed_everywhere(pair: Pair) -> None:
    pair.links.subscribe("x")
    assert [link.subscribed for link in pair.made] == [["x"], ["x"]]
    pair.links.unsubscribe("x")
    assert [link.subscribed for link in pair.made] == [[], []]
