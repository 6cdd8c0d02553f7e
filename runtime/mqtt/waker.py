"""Ends the network thread's wait from another thread."""

import socket


class Waker:
    """A pair of sockets, one to wait on beside the broker's, one to write a byte to."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._woken = False

    def fileno(self) -> int:
        """Return what to wait on for reading."""
        return self._reader.fileno()

    def wake(self) -> None:
        """End the wait, or the next one if there is none now."""
        if self._woken:
            return
        self._woken = True
        try:
            self._writer.send(b"\0")
        except OSError:
            """Full: the byte that ends the wait lies there already. Closed: nobody waits."""

    def drain(self) -> None:
        """Forget the calls up to now; look for what they announced after this, not before."""
        try:
            self._reader.recv(4096)
        except BlockingIOError:
            """It was another socket that ended the wait."""
        # Last: were it first, the byte of a call in between would be gone and the flag set, and
        # no later call would end a wait.
        self._woken = False

    def close(self) -> None:
        """Close both sockets; a later `wake` does nothing."""
        self._reader.close()
        self._writer.close()
