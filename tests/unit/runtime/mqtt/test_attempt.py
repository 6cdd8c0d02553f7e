"""The time limit of an attempt, and giving it up."""

import selectors
import socket
from collections.abc import Iterator
from threading import Event, Thread

import pytest

from runtime.clock import SystemClock
from runtime.mqtt.attempt import Attempt
from runtime.mqtt.errors import AttemptInterruptedError, AttemptTimeoutError
from runtime.mqtt.waker import Waker


@pytest.fixture
def waker() -> Iterator[Waker]:
    waker = Waker()
    yield waker
    waker.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def _never() -> bool:
    return False


def test_a_ready_socket_ends_the_wait(
    waker: Waker, pair: tuple[socket.socket, socket.socket]
) -> None:
    attempt = Attempt(SystemClock(), waker, 5.0, _never)
    pair[1].sendall(b"x")
    attempt.wait_for_socket(pair[0], selectors.EVENT_READ)
    attempt.wait_for_socket(pair[0], selectors.EVENT_WRITE)


def test_the_limit(waker: Waker, pair: tuple[socket.socket, socket.socket]) -> None:
    attempt = Attempt(SystemClock(), waker, 0.05, _never)
    with pytest.raises(AttemptTimeoutError, match=r"no answer within 0.05 s"):
        attempt.wait_for_socket(pair[0], selectors.EVENT_READ)
    assert attempt.remaining_s() == 0.0


def test_a_share_is_a_limit_of_its_own(waker: Waker) -> None:
    attempt = Attempt(SystemClock(), waker, 60.0, _never)
    share = attempt.share(0.001)
    with pytest.raises(AttemptTimeoutError):
        share.wait_until(_never)
    assert attempt.remaining_s() > 50.0


def test_giving_up_ends_the_wait_at_once(
    waker: Waker, pair: tuple[socket.socket, socket.socket]
) -> None:
    given_up = Event()

    def give_up() -> None:
        given_up.set()
        waker.wake()

    attempt = Attempt(SystemClock(), waker, 60.0, given_up.is_set)
    thread = Thread(target=give_up)
    thread.start()
    with pytest.raises(AttemptInterruptedError):
        attempt.wait_for_socket(pair[0], selectors.EVENT_READ)
    thread.join()


def test_a_condition_that_the_waker_tells_of(waker: Waker) -> None:
    done = Event()

    def finish() -> None:
        done.set()
        waker.wake()

    thread = Thread(target=finish)
    thread.start()
    Attempt(SystemClock(), waker, 60.0, _never).wait_until(done.is_set)
    thread.join()
