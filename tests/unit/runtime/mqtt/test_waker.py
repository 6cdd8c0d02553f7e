"""A call from another thread ends the wait, and none is lost."""

import select
from threading import Thread

import pytest

from runtime.mqtt.waker import Waker


@pytest.fixture
def waker() -> Waker:
    return Waker()


def _is_awake(waker: Waker, seconds: float = 0.0) -> bool:
    return bool(select.select([waker], [], [], seconds)[0])


def test_asleep_until_woken(waker: Waker) -> None:
    assert not _is_awake(waker)
    waker.wake()
    assert _is_awake(waker)
    waker.close()


def test_awake_once_however_often_it_is_called(waker: Waker) -> None:
    for _ in range(100_000):
        waker.wake()
    waker.drain()
    assert not _is_awake(waker)
    waker.wake()
    assert _is_awake(waker)
    waker.close()


def test_drain_without_a_call(waker: Waker) -> None:
    waker.drain()
    assert not _is_awake(waker)
    waker.close()


def test_a_call_after_the_end_does_nothing(waker: Waker) -> None:
    waker.close()
    waker.wake()


def test_no_call_is_lost_between_threads(waker: Waker) -> None:
    """What was announced before a call is seen by a waiter that drains and then looks."""
    total = 20_000
    announced: list[int] = []

    def announce() -> None:
        for each in range(total):
            announced.append(each)
            waker.wake()

    thread = Thread(target=announce)
    thread.start()
    seen = 0
    while seen < total:
        assert _is_awake(waker, 2.0), f"asleep with {len(announced) - seen} unseen"
        waker.drain()
        seen = len(announced)
    thread.join()
    waker.close()
