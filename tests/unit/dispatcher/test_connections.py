"""How many connections are let in, on sockets of this machine."""

import resource
import socket
from collections.abc import Iterator

import pytest

from dispatcher.connections import MAX_CONNECTIONS, Listener, most_connections

pytestmark = pytest.mark.usefixtures("socket_enabled")


class Counted:
    refused = 0

    def __call__(self) -> None:
        self.refused += 1


@pytest.fixture
def refusals() -> Counted:
    return Counted()


@pytest.fixture
def listener(socket_enabled: None, refusals: Counted) -> Iterator[Listener]:
    made = Listener(socket.create_server(("127.0.0.1", 0)), 2, refusals)
    yield made
    made.close()


def test_whoever_comes_when_all_are_there_is_hung_up_on(
    listener: Listener, refusals: Counted
) -> None:
    callers = [socket.create_connection(listener.getsockname(), 2) for _ in range(3)]
    accepted = [listener.accept()[0] for _ in range(2)]
    with pytest.raises(ConnectionAbortedError):
        listener.accept()
    assert callers[2].recv(1) == b""
    assert (listener.live, refusals.refused) == (2, 1)
    for each in (*accepted, *callers):
        each.close()


def test_one_that_leaves_makes_room_once(listener: Listener) -> None:
    callers = [socket.create_connection(listener.getsockname(), 2) for _ in range(3)]
    first, second = (listener.accept()[0] for _ in range(2))
    first.close()
    first.close()
    assert listener.live == 1
    third = listener.accept()[0]
    assert listener.live == 2
    for each in (second, third, *callers):
        each.close()
    assert listener.live == 0


@pytest.mark.parametrize(
    ("files", "most"),
    [(100, 50), (10**6, MAX_CONNECTIONS), (resource.RLIM_INFINITY, MAX_CONNECTIONS), (1, 1)],
)
def test_at_most_half_of_the_files_are_for_them(
    files: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (files, files))
    assert most_connections() == most
