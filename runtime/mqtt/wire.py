"""The broker's socket beside the waker: waiting for both, and leaving in order."""

import selectors
import socket
import ssl
from contextlib import suppress

from runtime.clock import Clock
from runtime.mqtt.stream import READ_BYTES, Stream
from runtime.mqtt.waker import Waker


class Wire:
    """One connection's socket as the network thread uses it."""

    def __init__(self, sock: socket.socket, waker: Waker, clock: Clock) -> None:
        self.stream = Stream(sock)
        self._sock = sock
        self._waker = waker
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._selector.register(sock, selectors.EVENT_READ)
        self._selector.register(waker, selectors.EVENT_READ)
        self._aside = selectors.DefaultSelector()
        self._aside.register(waker, selectors.EVENT_READ)

    def wait(self, seconds: float, *, reading: bool = True) -> bool:
        """Wait for the broker or the waker; True when there is something to read.

        Without `reading` wait for the waker alone: the broker has to wait, TCP tells it so.
        """
        ready = (self._selector if reading else self._aside).select(seconds)
        self._waker.drain()
        return any(
            key.fileobj is self._sock and events & selectors.EVENT_READ for key, events in ready
        )

    def flush(self) -> None:
        """Send what the socket takes now; `wait` ends when it takes more."""
        self.stream.flush()
        wanted = selectors.EVENT_READ
        if self.stream.unsent():
            wanted |= selectors.EVENT_WRITE
        if self._selector.get_key(self._sock).events != wanted:
            self._selector.modify(self._sock, wanted)

    def leave(self, deadline: float) -> None:
        """Send all that waits, then let the broker close, all before the deadline.

        Closing before it has done so would reset the connection while something lies unread
        here, and the reset can overtake what was sent last.
        """
        self._selector.unregister(self._waker)
        with suppress(OSError):
            self._send_all(deadline)
            self._sock.shutdown(socket.SHUT_WR)
            self._read_to_the_end(deadline)

    def close(self) -> None:
        """Close the socket at once; nothing can hang here."""
        self._selector.close()
        self._aside.close()
        self._sock.close()

    def _send_all(self, deadline: float) -> None:
        self._selector.modify(self._sock, selectors.EVENT_WRITE)
        while self.stream.failure is None and self.stream.unsent():
            if not self._ready_before(deadline):
                return
            self.stream.flush()

    def _read_to_the_end(self, deadline: float) -> None:
        self._selector.modify(self._sock, selectors.EVENT_READ)
        while self._ready_before(deadline):
            with suppress(BlockingIOError, ssl.SSLWantReadError):
                if not self._sock.recv(READ_BYTES):
                    return

    def _ready_before(self, deadline: float) -> bool:
        left = deadline - self._clock.monotonic()
        return left > 0 and bool(self._selector.select(left))
