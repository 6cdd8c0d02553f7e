"""HTTP/1.1 with a server of InfluxDB's: kept connections, bytes out and in, its faults as ours.

A request that a kept connection does not take any more goes out again on a new one: whatever we
send may arrive twice. Redirections are not followed, for they could lead the token elsewhere.
"""

import ssl
from collections import deque
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlencode, urlsplit

from telemetry_store.errors import UnavailableError
from telemetry_store.influx.faults import fault

CONNECT_TIMEOUT_S = 3.0
"""A server that takes longer to accept is as good as down; the caller retries anyway."""
ANSWER_TIMEOUT_S = 30.0
"""A full batch is written in 0.1 s; a compaction or a slow disk stalls a server for several."""
FAULT_BYTES = 65_536
"""What is read of an answer that tells of a fault; InfluxDB's own are shorter."""

_FAULT = 300


class Http:
    """One server, asked from any thread; each has a connection to itself while it asks."""

    def __init__(self, url: str, token: str) -> None:
        """Take `http://host:port` or `https://host:port`, with a path where a proxy wants one."""
        address = urlsplit(url)
        self._host, self._port = address.hostname or "", address.port
        self._prefix = address.path.rstrip("/")
        self._tls = trusted() if address.scheme == "https" else None
        self._headers = {"Authorization": f"Token {token}", "Accept": "application/json"}
        self._kept: deque[HTTPConnection] = deque()

    def ask(
        self, method: str, path: str, query: dict[str, str], body: bytes | None = None
    ) -> tuple[int, bytes]:
        """Return the status, below 300, and the body of the answer.

        Raises:
            DeniedError, RejectedError, PartlyStoredError, TooLargeError, UnavailableError: as the
                server or the lack of one says.
        """
        target = f"{self._prefix}{path}?{urlencode(query)}"
        try:
            connection, answer = self._sent(method, target, body)
            said = self._read(connection, answer)
        except (OSError, HTTPException) as error:
            reason = f"InfluxDB cannot be reached: {type(error).__name__}"
            raise UnavailableError(reason) from None
        if answer.status >= _FAULT:
            raise fault(answer.status, said, answer.getheader("Retry-After"))
        return answer.status, said

    def close(self) -> None:
        """Close the connections that nobody uses at present."""
        with suppress(IndexError):
            while True:
                self._kept.pop().close()

    def _sent(
        self, method: str, target: str, body: bytes | None
    ) -> tuple[HTTPConnection, HTTPResponse]:
        """Send a request; the last connection used is the likeliest to live."""
        with suppress(IndexError):
            while True:
                kept = self._kept.pop()
                with suppress(ConnectionError):
                    return kept, self._request(kept, method, target, body)
        new = self._connected()
        return new, self._request(new, method, target, body)

    def _read(self, connection: HTTPConnection, answer: HTTPResponse) -> bytes:
        """Read the body, and keep the connection if another answer can come through it."""
        is_kept = False
        try:
            said = answer.read(FAULT_BYTES if answer.status >= _FAULT else None)
            is_kept = answer.isclosed() and not answer.will_close
        finally:
            if is_kept:
                self._kept.append(connection)
            else:
                connection.close()
        return said

    def _request(
        self, connection: HTTPConnection, method: str, target: str, body: bytes | None
    ) -> HTTPResponse:
        try:
            connection.request(method, target, body, self._headers)
            return connection.getresponse()
        except (OSError, HTTPException):
            connection.close()
            raise

    def _connected(self) -> HTTPConnection:
        if self._tls is None:
            made = HTTPConnection(self._host, self._port, timeout=CONNECT_TIMEOUT_S)
        else:
            made = HTTPSConnection(
                self._host, self._port, timeout=CONNECT_TIMEOUT_S, context=self._tls
            )
        made.connect()
        made.sock.settimeout(ANSWER_TIMEOUT_S)
        return made


def trusted() -> ssl.SSLContext:
    """Trust the system's authorities (SSL_CERT_FILE names others), and the public ones.

    A small container has none of its own; influxdb-client trusts the same public ones.
    """
    import certifi  # noqa: PLC0415 - only for https

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
