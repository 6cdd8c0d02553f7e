"""Connections to the API are bounded, and end when nobody asks for anything.

uvicorn lets everybody in and waits for ever for the first request. Each connection is a file of
this process, which needs files for its database, its brokers and its channels: whoever opened a
thousand connections would stop the alarms.
"""

import resource
import socket
from asyncio import TimerHandle, Transport
from collections.abc import Callable
from threading import Lock
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS: Final = 500
"""A console holds one stream and asks over another: 200 operators, and room for programs."""
SHARE_OF_FILES: Final = 2
"""At most half of what the process may open."""
REQUEST_S: Final = 20.0
"""How long a client may take to send a request's head: seconds over 2G, at once elsewhere."""


def most_connections() -> int:
    """Return how many connections this process can bear."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(1, min(MAX_CONNECTIONS, soft // SHARE_OF_FILES))


class Listener(socket.socket):
    """A listening socket that hangs up on whoever comes when `most` are there.

    Counted from the accept on, so that handshakes that never end count too.
    """

    def __init__(self, plain: socket.socket, most: int, on_refused: Callable[[], object]) -> None:
        """Take over a listening socket."""
        super().__init__(plain.family, plain.type, plain.proto, fileno=plain.detach())
        self._most = most
        self._on_refused = on_refused
        self._lock = Lock()
        self.live = 0

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the next connection that is let in.

        Raises:
            ConnectionAbortedError: it was not; asyncio comes again for the next.
        """
        plain, address = super().accept()
        with self._lock:
            refused = self.live >= self._most
            self.live += not refused
        if refused:
            plain.close()
            self._on_refused()
            raise ConnectionAbortedError("too many connections")
        return _Accepted(plain, self._left), address

    def _left(self) -> None:
        with self._lock:
            self.live -= 1


class _Accepted(socket.socket):
    """A connection that says when it is over."""

    def __init__(self, plain: socket.socket, left: Callable[[], None]) -> None:
        super().__init__(plain.family, plain.type, plain.proto, fileno=plain.detach())
        self._on_left: Callable[[], None] | None = left

    def close(self) -> None:
        """Close it."""
        super().close()
        left, self._on_left = self._on_left, None
        if left is not None:
            left()


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 that hangs up when a request's head does not come in time."""

    _deadline: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that comes byte by byte has no more time than any other."""
        super().data_received(data)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the wait."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _look(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_S, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
