"""From addresses to a socket: which one is taken, and how long each may take."""

import socket
import ssl
from collections.abc import Iterator
from threading import Thread

import pytest

from guardian.demo.probes import free_ports
from runtime.clock import SystemClock
from runtime.mqtt.attempt import Attempt
from runtime.mqtt.dial import dial
from runtime.mqtt.errors import AttemptError, AttemptTimeoutError
from runtime.mqtt.resolve import Endpoint
from runtime.mqtt.waker import Waker
from tests.integration.mqtt.listener import Hole, Listener

pytestmark = pytest.mark.integration


@pytest.fixture
def waker() -> Iterator[Waker]:
    waker = Waker()
    yield waker
    waker.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


def _attempt(waker: Waker, limit_s: float = 5.0) -> Attempt:
    return Attempt(SystemClock(), waker, limit_s, lambda: False)


def _at(port: int) -> Endpoint:
    return socket.AF_INET, ("127.0.0.1", port)


def _dial(waker: Waker, *ports: int, limit_s: float = 5.0, send_buffer: int | None = None) -> int:
    """Return the port that was connected to, after a look at the socket's options."""
    endpoints = [_at(port) for port in ports]
    attempt = _attempt(waker, limit_s)
    with dial("b", endpoints, attempt, context=None, send_buffer=send_buffer) as sock:
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert not sock.getblocking()
        if send_buffer is not None:
            size = sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
            assert size == 2 * send_buffer, "Linux counts its own overhead and doubles"
        port: int = sock.getpeername()[1]
        return port


def test_a_socket_for_messages_that_hurry(waker: Waker, listener: Listener) -> None:
    assert _dial(waker, listener.port) == listener.port


def test_a_small_send_buffer(waker: Waker, listener: Listener) -> None:
    assert _dial(waker, listener.port, send_buffer=8192) == listener.port


def test_nobody_there(waker: Waker) -> None:
    with pytest.raises(AttemptError, match=r"^connection refused$"):
        _dial(waker, free_ports(1)[0])


def test_the_next_address_when_one_refuses(waker: Waker, listener: Listener) -> None:
    assert _dial(waker, free_ports(1)[0], listener.port) == listener.port


def test_the_next_address_when_one_swallows_everything(waker: Waker, listener: Listener) -> None:
    """A network whose IPv6 leads nowhere: the other address gets the second half of the time."""
    with Hole() as hole:
        assert _dial(waker, hole.port, listener.port, limit_s=0.5) == listener.port


def test_the_limit_holds_over_all_addresses(waker: Waker) -> None:
    with Hole() as hole, pytest.raises(AttemptTimeoutError):
        _dial(waker, hole.port, hole.port, hole.port, limit_s=0.1)


def test_a_handshake_with_somebody_who_hangs_up(waker: Waker, listener: Listener) -> None:
    context = ssl.create_default_context()
    closing = Thread(target=lambda: listener.accept().close())
    closing.start()
    with pytest.raises(AttemptError, match=r"TLS|reset"):
        dial("b", [_at(listener.port)], _attempt(waker), context=context, send_buffer=None)
    closing.join()
