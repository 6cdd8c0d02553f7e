"""The time limit of one attempt to connect, which can also be interrupted."""

import selectors
import socket
from collections.abc import Callable

from runtime.clock import Clock
from runtime.mqtt.errors import AttemptInterruptedError, AttemptTimeoutError
from runtime.mqtt.waker import Waker


class Attempt:
    """Waits on behalf of an attempt, no longer than it may take, and not once it is given up."""

    def __init__(
        self, clock: Clock, waker: Waker, limit_s: float, given_up: Callable[[], bool]
    ) -> None:
        self._clock = clock
        self._waker = waker
        self._limit_s = limit_s
        self._given_up = given_up
        self.deadline = clock.monotonic() + limit_s

    def remaining_s(self) -> float:
        """Return the seconds that are left, 0 when there are none."""
        return max(0.0, self.deadline - self._clock.monotonic())

    def share(self, part: float) -> "Attempt":
        """Return an attempt that may use this part of what is left."""
        return Attempt(self._clock, self._waker, self.remaining_s() * part, self._given_up)

    def wait_for_socket(self, sock: socket.socket, events: int) -> None:
        """Wait until the socket is ready.

        Raises:
            AttemptTimeoutError, AttemptInterruptedError: as the names say.
        """
        self._wait(lambda ready: sock.fileno() in ready, sock, events)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition, of which the waker tells, is true; raises as above."""
        self._wait(lambda _: condition(), None, 0)

    def _wait(
        self, done: Callable[[set[int]], bool], sock: socket.socket | None, events: int
    ) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._waker, selectors.EVENT_READ)
            if sock is not None:
                selector.register(sock, events)
            ready: set[int] = set()
            while not done(ready):
                if self._given_up():
                    raise AttemptInterruptedError("given up")
                if not self.remaining_s():
                    raise AttemptTimeoutError(f"no answer within {self._limit_s:.3g} s")
                ready = {key.fd for key, _ in selector.select(self.remaining_s())}
                self._waker.drain()
