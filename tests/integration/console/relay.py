"""A line between browser and server that can go dead without being cut."""

import socket
from threading import Event, Thread

CHUNK = 65536


class Relay:
    """Passes connections on to a port of loopback."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._dead = Event()
        self._sockets: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def die(self) -> None:
        """Carry nothing more on the present connections; new ones are fine."""
        self._dead.set()
        self._dead = Event()

    def close(self) -> None:
        """End everything."""
        self._listener.close()
        self._dead.set()
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                Thread(target=_carry, args=[source, sink, self._dead], daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket, dead: Event) -> None:
    try:
        while data := source.recv(CHUNK):
            if dead.is_set():
                return
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return
