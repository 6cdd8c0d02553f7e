"""The bounded queue between network and working loop."""

import threading

from ingest.inbox import Inbox
from runtime.mqtt.link import Incoming


def message(number: int, connection: int = 1, size: int = 10) -> Incoming:
    return Incoming("t", bytes(size), False, connection, number)


def test_messages_come_out_in_order() -> None:
    """At most as many as are asked for."""
    inbox = Inbox(messages=10, size=1000)
    for number in range(5):
        assert inbox.put([message(number)])
    assert [each.packet for each in inbox.take(3, 0)] == [0, 1, 2]
    assert [each.packet for each in inbox.take(3, 0)] == [3, 4]
    assert inbox.take(3, 0) == []


def test_neither_count_nor_bytes_grow_without_end() -> None:
    """The caller hears that there is no room."""
    by_count = Inbox(messages=3, size=1000)
    assert [by_count.put([message(number)]) for number in range(5)] == [True] * 3 + [False] * 2
    by_size = Inbox(messages=100, size=35)
    assert [by_size.put([message(number)]) for number in range(5)] == [True] * 3 + [False] * 2
    assert len(by_size) == 3


def test_room_comes_back_with_taking() -> None:
    """Bytes are given back too."""
    inbox = Inbox(messages=100, size=20)
    for number in range(10):
        assert inbox.put([message(number)])
        assert inbox.put([message(number + 100)])
        assert len(inbox.take(2, 0)) == 2


def test_messages_of_a_lost_connection_make_room() -> None:
    """They come again on the new one; else a few reconnections would fill it."""
    inbox = Inbox(messages=3, size=1000)
    for number in range(3):
        inbox.put([message(number, connection=1)])
    assert not inbox.put([message(6, connection=3)], earlier={2})
    assert inbox.put([message(7, connection=2)], earlier={1})
    assert [each.packet for each in inbox.take(9, 0)] == [7]


def test_a_wake_ends_the_waiting() -> None:
    """Without any message."""
    inbox = Inbox(messages=3, size=1000)
    got: list[list[Incoming]] = []
    thread = threading.Thread(target=lambda: got.append(inbox.take(5, 60.0)))
    thread.start()
    inbox.wake()
    thread.join(5)
    assert got == [[]]


def test_a_message_ends_the_waiting() -> None:
    """At once."""
    inbox = Inbox(messages=3, size=1000)
    got: list[list[Incoming]] = []
    thread = threading.Thread(target=lambda: got.append(inbox.take(5, 60.0)))
    thread.start()
    inbox.put([message(1)])
    thread.join(5)
    assert [each.packet for each in got[0]] == [1]


def test_who_has_no_room_takes_nothing() -> None:
    """A full batch waits for the writer, whatever arrives."""
    inbox = Inbox(messages=3, size=1000)
    inbox.put([message(1)])
    assert inbox.take(0, 0.0) == []
    assert len(inbox) == 1


def test_messages_that_came_together_are_taken_together_or_not_at_all() -> None:
    """Half of them would come again while the other half is written."""
    inbox = Inbox(messages=3, size=1000)
    assert inbox.put([message(1), message(2)])
    assert not inbox.put([message(3), message(4)])
    assert [each.packet for each in inbox.take(9, 0)] == [1, 2]
