"""TCP ends that the test plays itself: silent ones, scripted ones, and a hole in the ground."""

import socket
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from tests.unit.runtime.mqtt.peer import TIMEOUT_S, Peer


class Listener:
    """Accepts connections; what follows is the test's business."""

    def __init__(self) -> None:
        self._all = ExitStack()
        self._socket = self._all.enter_context(socket.create_server(("127.0.0.1", 0)))
        self._socket.settimeout(TIMEOUT_S)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"mqtt://127.0.0.1:{self.port}"

    def accept(self) -> Peer:
        """Return the next connection."""
        sock, _ = self._socket.accept()
        return Peer(self._all.enter_context(sock))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._all.close()


class Hole:
    """An address that swallows every attempt to connect: its queue is full and nobody accepts."""

    def __init__(self) -> None:
        self._all = ExitStack()
        server = self._all.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        self.port: int = server.getsockname()[1]
        for _ in range(4):
            filler = self._all.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._all.close()
