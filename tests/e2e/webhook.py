"""Somebody's HTTP server that takes our webhook."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Thread
from typing import Any

Delivery = tuple[dict[str, str], bytes]


class WebhookReceiver:
    """Keeps every delivery (headers, body) and answers 204."""

    def __init__(self) -> None:
        self.deliveries: SimpleQueue[Delivery] = SimpleQueue()
        deliveries = self.deliveries

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                deliveries.put((dict(self.headers.items()), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/alerts"
        Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Close the port."""
        self._http.shutdown()
        self._http.server_close()
