"""The buffers between paho and the socket: the same bytes, in any pieces."""

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.mqtt.stream import Stream


@pytest.fixture
def ends() -> Iterator[tuple[Stream, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield Stream(ours), theirs


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=300), max_size=8),
    sizes=st.lists(st.integers(1, 400), min_size=1),
)
def test_any_chunks_in_any_sizes_give_the_same_bytes(chunks: list[bytes], sizes: list[int]) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        stream = Stream(ours)
        for chunk in chunks:
            theirs.sendall(chunk)
        theirs.shutdown(socket.SHUT_WR)
        got = bytearray()
        count = 0
        while piece := stream.recv(sizes[count % len(sizes)]):
            assert len(piece) <= sizes[count % len(sizes)]
            got += piece
            count += 1
        assert bytes(got) == b"".join(chunks)
        assert stream.failure == "the broker closed the connection"


def test_nothing_there(ends: tuple[Stream, socket.socket]) -> None:
    stream, _ = ends
    with pytest.raises(BlockingIOError):
        stream.recv(1)
    assert stream.failure is None


def test_one_read_takes_all_that_is_there(ends: tuple[Stream, socket.socket]) -> None:
    stream, theirs = ends
    theirs.sendall(b"abc")
    assert stream.recv(1) == b"a"
    assert stream.unread()
    assert stream.recv(100) == b"bc"
    assert not stream.unread()


def test_writes_are_joined(ends: tuple[Stream, socket.socket]) -> None:
    stream, theirs = ends
    theirs.setblocking(False)
    assert stream.send(b"ab") == 2
    assert stream.send(bytearray(b"cd")) == 2
    assert stream.unsent()
    with pytest.raises(BlockingIOError):
        theirs.recv(10)
    stream.flush()
    assert theirs.recv(10) == b"abcd"
    assert not stream.unsent()


def test_a_full_socket_keeps_the_rest(ends: tuple[Stream, socket.socket]) -> None:
    stream, theirs = ends
    sent = bytes(range(256)) * 20_000
    stream.send(sent)
    stream.flush()
    assert stream.unsent()
    got = bytearray()
    while stream.unsent():
        got += theirs.recv(1_000_000)
        stream.flush()
    while len(got) < len(sent):
        got += theirs.recv(1_000_000)
    assert bytes(got) == sent


def test_a_lost_connection_says_why(ends: tuple[Stream, socket.socket]) -> None:
    stream, theirs = ends
    theirs.close()
    stream.send(b"x")
    stream.flush()
    assert stream.failure == "broken pipe"
    with pytest.raises(ConnectionError):
        _reset(stream)


def _reset(stream: Stream) -> None:
    """Read from a socket that fails rather than ends."""

    class Failing:
        def recv(self, size: int) -> bytes:
            raise ConnectionResetError(104, "Connection reset by peer")

    failing = Stream(Failing())  # type: ignore[arg-type]
    try:
        failing.recv(1)
    finally:
        assert failing.failure == "connection reset by peer"


def test_paho_can_not_close_it(ends: tuple[Stream, socket.socket]) -> None:
    stream, theirs = ends
    stream.setblocking(True)
    stream.close()
    assert stream.fileno() >= 0
    stream.send(b"x")
    stream.flush()
    assert theirs.recv(1) == b"x"
