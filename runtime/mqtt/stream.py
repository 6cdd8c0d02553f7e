"""What clients read from and write to: the broker's socket with a buffer each way."""

import socket
import ssl

from runtime.mqtt import reasons

READ_BYTES = 65536
"""One read for paho, which itself reads each packet in four pieces."""
BULK_BYTES = 262_144
"""One read for our own client: a thousand positions."""


_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Stream:
    """A connected socket, not blocking; writes are joined until `flush`.

    It has the methods that paho asks of a socket, and `read` for our own client. `close` is none
    of paho's business: a DISCONNECT has to reach the broker first, so `Session` closes.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._read = b""
        self._position = 0
        self._unsent = bytearray()
        self.failure: str | None = None
        """Why the connection is lost, once it is."""

    def read(self) -> bytes:
        """Return all that is there, none at the end of the connection; raises as `recv`."""
        return self._fill(BULK_BYTES)

    def recv(self, size: int) -> bytes:
        """Return 1 to `size` bytes, or none at the end of the connection.

        Raises:
            BlockingIOError: nothing is there now.
            OSError: the connection is lost.
        """
        if self._position == len(self._read):
            self._read, self._position = self._fill(READ_BYTES), 0
        piece = self._read[self._position : self._position + size]
        self._position += len(piece)
        return piece

    def _fill(self, most: int) -> bytes:
        try:
            data = self._sock.recv(most)
        except _NOT_NOW:
            raise BlockingIOError from None
        except OSError as error:
            self.failure = reasons.describe(error)
            raise
        if not data:
            self.failure = "the broker closed the connection"
        elif isinstance(self._sock, ssl.SSLSocket):
            data += self._further_records(most - len(data))
        return data

    def _further_records(self, most: int) -> bytes:
        """Read what has come: TLS gives one record, so mostly one message, at each read."""
        further: list[bytes] = []
        try:
            while most > 0 and (record := self._sock.recv(READ_BYTES)):
                further.append(record)
                most -= len(record)
        except OSError:
            """Nothing more is there now; or the connection is lost, which the next read tells."""
        return b"".join(further)

    def unread(self) -> bool:
        """Say whether bytes wait here, where no selector can see them.

        None wait inside OpenSSL: one read takes more than the largest TLS record (16 KiB).
        """
        return self._position < len(self._read)

    def send(self, buffer: bytes | bytearray) -> int:
        """Take all of it; `flush` sends it."""
        self._unsent += buffer
        return len(buffer)

    def unsent(self) -> bool:
        """Say whether the socket did not take everything yet."""
        return bool(self._unsent)

    def flush(self) -> None:
        """Send what the socket takes; a lost connection shows in `failure`."""
        try:
            while self._unsent:
                del self._unsent[: self._sock.send(self._unsent)]
        except _NOT_NOW:
            return
        except OSError as error:
            self.failure = reasons.describe(error)

    def fileno(self) -> int:
        """Return what a selector waits on."""
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - the signature that paho calls
        """Do nothing: it never blocks."""

    def close(self) -> None:
        """Do nothing: see the class."""
