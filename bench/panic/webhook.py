"""A webhook's receiver that notes when the first bytes of each alert came."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

SECRET = "whsec_c2VjcmV0IG9mIHRoZSB3ZWJob29rIGhlcmU="


class Webhook:
    """`first` is when each incident's first alert began to arrive (monotonic)."""

    def __init__(self) -> None:
        self.first: dict[str, float] = {}
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def parse_request(self) -> bool:
                self.began = time.monotonic()
                return super().parse_request()

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhook.first.setdefault(body["data"]["incident"], self.began)
                self.send_response(204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.settings = {
            "GUARDIAN_WEBHOOK_URL": f"http://127.0.0.1:{self._server.server_port}/alerts",
            "GUARDIAN_WEBHOOK_SECRET": SECRET,
            "GUARDIAN_WEBHOOK_ALLOW": "127.0.0.0/8",
        }
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
