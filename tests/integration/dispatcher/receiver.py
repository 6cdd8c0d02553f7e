"""A webhook's receiver on loopback, as well or ill behaved as a test wants it."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers `status`, or does what `misbehave` does instead of answering."""

    tls: ssl.SSLContext | None = None
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    misbehave: Callable[[Any], object] | None = None
    requests: list[Request] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    arrived: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                receiver.requests.append(
                    Request(self.path, dict(self.headers), self.rfile.read(length))
                )
                receiver.arrived.set()
                if receiver.misbehave is not None:
                    receiver.misbehave(self)
                    return
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if self.tls is not None:
            self.tls.sni_callback = lambda _sock, name, _context: self.names.append(name)
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True)
        self.port: int = self.server.server_port
        self._thread = Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


def drip(handler: Any) -> None:
    """Answer a byte at a time, each in time, for longer than anybody should wait."""
    for byte in b"HTTP/1.1 204 No Content\r\nX-Slow: " + b"x" * 60 + b"\r\n\r\n":
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.05)
