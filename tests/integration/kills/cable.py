"""A TCP proxy on loopback whose connections can be cut or fall silent, as a link does."""

import socket
import struct
from contextlib import suppress
from threading import Event, Lock, Thread

CHUNK = 16_384
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of 0 s: closing sends RST, and what waits unsent is lost, as with a cut cable."""


class Cable:
    """Leads from a port of its own to another one, whoever listens there by then."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._whole = Event()
        self._whole.set()
        self._flowing = Event()
        self._flowing.set()
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        Thread(target=self._accept, name=f"cable-{self.port}", daemon=True).start()

    def cut(self) -> None:
        """Reset every connection, in the middle of whatever it carries, and take no new one."""
        self._whole.clear()
        self._reset_all()

    def silence(self) -> None:
        """Carry nothing more, and say nothing: who sends gets no answer."""
        self._flowing.clear()

    def mend(self) -> None:
        """Carry again. What was on a silent line is gone with its connection."""
        if not self._flowing.is_set():
            self._reset_all()
        self._flowing.set()
        self._whole.set()

    def close(self) -> None:
        """End everything."""
        self._listener.close()
        self.cut()
        self._flowing.set()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._connect(near)

    def _connect(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._target), 5)
        except OSError:
            _reset(near)
            return
        for each in (near, far):
            each.settimeout(None)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open |= {near, far}
        if not self._whole.is_set():
            self._reset_all()
        for source, sink in ((near, far), (far, near)):
            Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                self._flowing.wait()
                sink.sendall(data)
        self._end(source, sink)

    def _reset_all(self) -> None:
        with self._lock:
            ending, self._open = self._open, set()
        for each in ending:
            _reset(each)

    def _end(self, *sockets: socket.socket) -> None:
        """Close both ends; what one has sent before its end still arrives."""
        with self._lock:
            mine = self._open.intersection(sockets)
            self._open -= mine
        for each in mine:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
            each.close()


def _reset(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        sock.shutdown(socket.SHUT_RD)  # wakes the thread that reads from it
    sock.close()
