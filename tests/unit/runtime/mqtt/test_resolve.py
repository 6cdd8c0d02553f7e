"""Names into addresses, also while name service is down or hangs."""

import socket
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from runtime.clock import SystemClock
from runtime.mqtt.attempt import Attempt
from runtime.mqtt.errors import AttemptError, AttemptInterruptedError
from runtime.mqtt.resolve import Resolver
from runtime.mqtt.waker import Waker

ANSWER = [
    (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 8883, 0, 0)),
    (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 8883)),
]
EXPECTED = [(socket.AF_INET6, ("::1", 8883, 0, 0)), (socket.AF_INET, ("127.0.0.1", 8883))]


class NameService:
    """Stands for the system's resolver."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.hangs = False
        self.release = Event()

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        if self.hangs:
            self.release.wait(10)
        if self.failure is not None:
            raise self.failure
        return ANSWER


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameService]:
    names = NameService()
    monkeypatch.setattr(socket, "getaddrinfo", names)
    yield names
    names.release.set()


@pytest.fixture
def waker() -> Iterator[Waker]:
    waker = Waker()
    yield waker
    waker.close()


def _attempt(waker: Waker, limit_s: float = 5.0, *, given_up: bool = False) -> Attempt:
    return Attempt(SystemClock(), waker, limit_s, lambda: given_up)


def test_all_addresses_in_the_system_s_order(names: NameService, waker: Waker) -> None:
    assert Resolver(waker).endpoints("b.example", 8883, _attempt(waker)) == EXPECTED


def test_an_unknown_name(names: NameService, waker: Waker) -> None:
    names.failure = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    with pytest.raises(AttemptError, match="the name has no address: Name or service not known"):
        Resolver(waker).endpoints("b.example", 8883, _attempt(waker))


def test_a_name_that_cannot_be_one(names: NameService, waker: Waker) -> None:
    names.failure = UnicodeError("label too long")
    with pytest.raises(AttemptError, match="label too long"):
        Resolver(waker).endpoints("b" * 99, 8883, _attempt(waker))


def test_the_last_addresses_serve_while_name_service_is_down(
    names: NameService, waker: Waker
) -> None:
    resolver = Resolver(waker)
    resolver.endpoints("b.example", 8883, _attempt(waker))
    names.failure = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    assert resolver.endpoints("b.example", 8883, _attempt(waker)) == EXPECTED
    with pytest.raises(AttemptError, match="Temporary failure"):
        resolver.endpoints("other.example", 8883, _attempt(waker))


def test_the_last_addresses_serve_while_name_service_hangs(
    names: NameService, waker: Waker
) -> None:
    resolver = Resolver(waker)
    resolver.endpoints("b.example", 8883, _attempt(waker))
    names.hangs = True
    attempt = _attempt(waker, 0.2)
    assert resolver.endpoints("b.example", 8883, attempt) == EXPECTED
    assert attempt.remaining_s() > 0.0


def test_a_name_service_that_hangs_ends_the_attempt(names: NameService, waker: Waker) -> None:
    names.hangs = True
    with pytest.raises(AttemptError, match="name service does not answer"):
        Resolver(waker).endpoints("b.example", 8883, _attempt(waker, 0.05))


def test_a_look_up_can_be_given_up(names: NameService, waker: Waker) -> None:
    names.hangs = True
    with pytest.raises(AttemptInterruptedError):
        Resolver(waker).endpoints("b.example", 8883, _attempt(waker, given_up=True))
