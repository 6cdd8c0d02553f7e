"""`/metrics` for Prometheus and `/healthz` for whoever restarts us. Servers only.

The pages hold no position and no device id, but ask for no login either.
"""

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import BoundedSemaphore, Thread
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from contract.errors import PermanentError
from runtime import logs

_REQUEST_TIMEOUT_S = 5.0
"""A scraper on the same network sends its request at once; a slower one is stuck."""
_CONNECTIONS = 16
"""At once: one scraper, one probe, somebody who looks. More could only want our descriptors."""
_POLL_S = 0.1
"""How long `stop` may take."""

_log = logs.get(__name__)


class PortTakenError(PermanentError):
    """The address for metrics cannot be used; choose another GUARDIAN_METRICS_BIND."""


@dataclass(frozen=True)
class Health:
    """Whether the process does its work; `problems` says in plain words what is wrong."""

    problems: tuple[str, ...] = ()
    details: dict[str, str | int | float | bool | None] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.problems


class Server:
    """The running HTTP server."""

    def __init__(self, http: ThreadingHTTPServer) -> None:
        self._http = http
        self.port: int = http.server_address[1]
        self._thread = Thread(
            target=http.serve_forever, args=(_POLL_S,), name="metrics", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def serve(
    address: tuple[str, int], registry: CollectorRegistry, health: Callable[[], Health]
) -> Server:
    """Serve at this host and port; port 0 takes a free one (`Server.port`).

    `/healthz` answers 200 or, naming the problems, 503. `health` is called on the server's thread.

    Raises:
        PortTakenError: the address cannot be bound.
    """

    class Handler(_Handler):
        pages = _Pages(registry, health)

    host, port = address
    try:
        server = Server(_Http(address, Handler))
    except (OSError, OverflowError) as error:
        raise PortTakenError(f"{host}:{port}: {error}") from error
    _log.info("metrics_served", host=host, port=server.port)
    return server


class _Pages:
    """What is answered."""

    def __init__(self, registry: CollectorRegistry, health: Callable[[], Health]) -> None:
        self._registry = registry
        self._health = health

    def metrics(self, accept: str) -> tuple[int, str, bytes]:
        encoder, content_type = choose_encoder(accept)
        return 200, content_type, encoder(self._registry)

    def healthz(self) -> tuple[int, str, bytes]:
        try:
            health = self._health()
        except Exception as error:  # noqa: BLE001 - the probe must answer, whatever broke
            _log.exception("health_check_failed")
            health = Health((f"the health check failed: {type(error).__name__}",))
        body = {"ok": health.ok, "problems": health.problems, **health.details}
        return (200 if health.ok else 503), "application/json", json.dumps(body).encode() + b"\n"


class _Handler(BaseHTTPRequestHandler):
    """HTTP for the two pages."""

    pages: _Pages
    timeout = _REQUEST_TIMEOUT_S
    server_version = "guardian"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer `/metrics` and `/healthz`."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(*self.pages.metrics(self.headers.get("Accept", "")))
        elif path == "/healthz":
            self._answer(*self.pages.healthz())
        else:
            self._answer(404, "text/plain", b"/metrics or /healthz\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in http.server
        """Log requests for developers only."""
        _log.debug("metrics_request", request=format % args)

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Http(ThreadingHTTPServer):
    """A few threads that never keep the process alive, and errors that go to the log."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], handler: type[_Handler]) -> None:
        self._free = BoundedSemaphore(_CONNECTIONS)
        host, port = address
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0]
        self.address_family = found[0]
        super().__init__((str(found[4][0]), port), handler)

    def server_bind(self) -> None:
        """Bind without asking a name server for our own name, as http.server would."""
        TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread, or not at all while too many are busy."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread to be had
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, then let the next one in."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what a broken request did."""
        del request, client_address
        _log.exception("metrics_request_failed")
