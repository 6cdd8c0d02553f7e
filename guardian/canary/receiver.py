"""Where the dispatcher's alerts of the canary arrive: a webhook on loopback."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

import msgspec
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from contract.errors import PermanentError
from runtime import logs

REQUEST_S: Final = 5.0
"""The dispatcher is on the same machine or network, and gives up after four."""
MAX_BODY_BYTES: Final = 65_536
"""An alert has less than two kilobytes."""
_POLL_S: Final = 0.1

_log = logs.get(__name__)


class ListenError(PermanentError):
    """The address for the canary's webhook cannot be used; see GUARDIAN_CANARY_LISTEN."""


class _Alert(msgspec.Struct, frozen=True):
    """As much of an alert as the canary needs."""

    incident: str
    presses: int
    reason: str


class _Event(msgspec.Struct, frozen=True):
    data: _Alert


class Receiver:
    """Answers 204 to an alert that is signed with our secret, 401 to everything else."""

    def __init__(
        self, address: tuple[str, int], secret: str, on_alert: Callable[[str, int], None]
    ) -> None:
        """Take what is told incident and count of presses, on the server's threads.

        Raises:
            ListenError: the address cannot be bound.
        """
        self._webhook = Webhook(secret)
        self._on_alert = on_alert
        receiver = self

        class Handler(_Handler):
            take = receiver.take

        try:
            self._http = _Http(address, Handler)
        except (OSError, OverflowError) as error:
            raise ListenError(f"{address[0]}:{address[1]}: {error}") from error
        self.port: int = self._http.server_address[1]
        self._thread = Thread(
            target=self._http.serve_forever, args=(_POLL_S,), name="canary-webhook", daemon=True
        )
        self._thread.start()

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """Take what was posted, and return the status that answers it."""
        try:
            self._webhook.verify(body, headers)
            alert = msgspec.json.decode(body, type=_Event).data
        except (WebhookVerificationError, msgspec.MsgspecError, ValueError) as error:
            _log.warning("webhook_refused", error=type(error).__name__)
            return 401
        if alert.reason in {"raised", "pressed"}:
            self._on_alert(alert.incident, alert.presses)
        return 204

    def stop(self) -> None:
        """Close the port."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say no more than that: a caller that hangs up is no event."""
        del request, client_address
        _log.debug("webhook_connection_failed")


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_S
    take: Callable[[bytes, dict[str, str]], int]

    def do_POST(self) -> None:
        """Take a webhook."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self._answer(413)
            return
        self._answer(self.take(self.rfile.read(int(length)), dict(self.headers)))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
        """Log nothing: each press would be a line."""

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
