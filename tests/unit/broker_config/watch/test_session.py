from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_config.watch.board import Board
from broker_config.watch.session import Session
from runtime.clock import ManualClock
from runtime.mqtt.link import Incoming, Link, Up

BROKER = "broker:8884"
DROPPED = "$SYS/broker/publish/messages/dropped"


class FakeLink:
    def __init__(self) -> None:
        self.acknowledged: list[Incoming] = []

    def acknowledge(self, message: Incoming) -> bool:
        self.acknowledged.append(message)
        return True


class World:
    def __init__(self) -> None:
        self.board = Board([BROKER], ManualClock())
        self.told: list[str] = []
        self.link = FakeLink()
        self.session = Session(
            BROKER,
            self.board,
            on_unreadable=lambda: self.told.append("unreadable"),
            on_connected=lambda: self.told.append("connected"),
        )
        self.session.attach(cast("Link", self.link))
        self.session.on_up(Up(1, session_present=False, broker=BROKER))

    def hear(self, topic: str, payload: bytes) -> None:
        self.session.on_message(message(topic, payload))

    @property
    def values(self) -> Any:
        return self.board.view()[BROKER].values


def message(topic: str, payload: bytes) -> Incoming:
    return Incoming(topic, payload, retain=True, connection=1, packet=5)


@pytest.fixture
def world() -> World:
    return World()


def test_a_connection_is_told_so_that_certificates_are_read_anew(world: World) -> None:
    assert world.told == ["connected"]
    assert world.board.view()[BROKER].up


def test_statistics_are_noted_and_acknowledged(world: World) -> None:
    """Unacknowledged ones would close the window, and nothing more would come."""
    world.hear(DROPPED, b"4")
    world.hear("$SYS/broker/version", b"mosquitto version 2.0.11")
    assert world.values == {"guardian_broker_messages_dropped_total": 4}
    assert len(world.link.acknowledged) == 2


def test_what_is_no_number_is_counted_and_leaves_the_last_one(world: World) -> None:
    world.hear(DROPPED, b"4")
    world.hear(DROPPED, b"many")
    assert world.values == {"guardian_broker_messages_dropped_total": 4}
    assert world.told == ["connected", "unreadable"]


def test_a_loss_takes_the_numbers_along(world: World) -> None:
    world.hear(DROPPED, b"4")
    world.session.on_down(1, "gone")
    assert not world.board.view()[BROKER].up
    assert world.values == {}


@given(topic=st.one_of(st.just(DROPPED), st.text()), payload=st.binary())
def test_nothing_that_a_broker_sends_breaks_it(topic: str, payload: bytes) -> None:
    world = World()
    world.hear(topic, payload)
    assert all(isinstance(each, int) for each in world.values.values())
