"""An InfluxDB that takes everything at once and keeps nothing: what is left is our own cost."""

import gzip
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Sink:
    """Counts the lines that are written to it."""

    def __init__(self) -> None:
        self.lines = 0
        self._grown = threading.Condition()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self._body()
                if self.headers["Content-Encoding"] == "gzip":  # as Telegraf does by default
                    body = gzip.decompress(body)
                with sink._grown:
                    sink.lines += body.count(b"\n") + (not body.endswith(b"\n"))
                    sink._grown.notify_all()
                self.send_response(204)
                self.end_headers()

            def _body(self) -> bytes:
                if "Content-Length" in self.headers:
                    return self.rfile.read(int(self.headers["Content-Length"]))
                pieces = []
                while size := int(self.rfile.readline(), 16):  # chunked
                    pieces.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(pieces)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        socketserver.TCPServer.request_queue_size = 16
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait_for(self, lines: int, seconds: float = 300.0) -> float:
        """Wait for so many lines; return when they were there (monotonic)."""
        with self._grown:
            if not self._grown.wait_for(lambda: self.lines >= lines, seconds):
                raise TimeoutError(f"{self.lines} lines instead of {lines}")
        return time.monotonic()

    def points(self) -> int:
        """Return how many lines were written."""
        return self.lines

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
