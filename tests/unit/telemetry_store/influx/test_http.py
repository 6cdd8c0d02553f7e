"""HTTP with a server that the test plays."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import pytest

from telemetry_store.errors import DeniedError, UnavailableError
from telemetry_store.influx import http
from telemetry_store.influx.http import Http

pytestmark = pytest.mark.usefixtures("socket_enabled")
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


class Server:
    """Answers requests one after another; None closes the connection instead."""

    def __init__(self, answers: Sequence[bytes | None]) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._answers = list(answers)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._answers.clear()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as reading:
            while self._answers:
                request = self._read(reading.readline, reading.read)
                if not request:
                    return
                answer = self._answers.pop(0)
                if answer is None:
                    return
                self.requests.append(request)
                connection.sendall(answer)

    def _read(self, line: Callable[[], bytes], read: Callable[[int], bytes]) -> bytes:
        head, size = b"", 0
        while (next_line := line()) not in (b"", b"\r\n"):
            head += next_line
            if next_line.lower().startswith(b"content-length:"):
                size = int(next_line.split(b":")[1])
        return head + read(size)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def start(*answers: bytes | None) -> Server:
        made.append(Server(answers))
        return made[-1]

    yield start
    for each in made:
        each.close()


def test_a_connection_is_kept(serve: Callable[..., Server]) -> None:
    """The token goes with each request, and the bytes as they are."""
    server = serve(NO_CONTENT, NO_CONTENT)
    with closing(Http(server.url, "secret")) as asking:
        for body in (b"one", b"two"):
            assert asking.ask("POST", "/write", {"bucket": "a b"}, body) == (204, b"")
    assert server.connections == 1
    first = server.requests[0]
    assert first.startswith(b"POST /write?bucket=a+b HTTP/1.1")
    assert b"Authorization: Token secret" in first
    assert first.endswith(b"one")


def test_a_kept_connection_that_died_is_no_fault(serve: Callable[..., Server]) -> None:
    """A server closes what was idle for long: the request goes out again on a new one."""
    server = serve(NO_CONTENT, None, NO_CONTENT)
    with closing(Http(server.url, "t")) as asking:
        asking.ask("POST", "/write", {}, b"one")
        asking.ask("POST", "/write", {}, b"two")
    assert server.connections == 2
    assert server.requests[-1].endswith(b"two")


def test_a_new_connection_that_dies_is_told(serve: Callable[..., Server]) -> None:
    """The caller waits before it tries again."""
    server = serve(None)
    with closing(Http(server.url, "t")) as asking, pytest.raises(UnavailableError, match="reached"):
        asking.ask("POST", "/write", {}, b"one")


def test_nobody_there_is_told() -> None:
    """As the server is when it starts anew."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(UnavailableError, match="ConnectionRefusedError"):
        Http(f"http://127.0.0.1:{port}", "t").ask("GET", "/query", {})


def test_a_silent_server_is_left_alone(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection is not used again."""
    monkeypatch.setattr(http, "ANSWER_TIMEOUT_S", 0.05)
    server = serve(b"HTTP/1.1 204", NO_CONTENT)
    with closing(Http(server.url, "t")) as asking:
        with pytest.raises(UnavailableError, match="TimeoutError"):
            asking.ask("POST", "/write", {}, b"one")
        assert not asking._kept


def test_no_redirection_is_followed(serve: Callable[..., Server]) -> None:
    """The token stays with the server that it was given for."""
    other = serve(NO_CONTENT)
    moved = f"HTTP/1.1 307 Moved\r\nLocation: {other.url}/x\r\nContent-Length: 0\r\n\r\n"
    server = serve(moved.encode())
    with closing(Http(server.url, "t")) as asking, pytest.raises(UnavailableError, match="307"):
        asking.ask("POST", "/write", {}, b"one")
    assert other.connections == 0


def test_a_fault_leaves_the_connection_usable(serve: Callable[..., Server]) -> None:
    """Its page was read to the end."""
    refused = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}"
    server = serve(refused, NO_CONTENT)
    with closing(Http(server.url, "t")) as asking:
        with pytest.raises(DeniedError):
            asking.ask("POST", "/write", {}, b"one")
        asking.ask("POST", "/write", {}, b"two")
    assert server.connections == 1


def test_an_endless_fault_is_not_read_to_its_end(serve: Callable[..., Server]) -> None:
    """Memory stays bounded."""
    size = http.FAULT_BYTES * 3
    head = f"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: {size}\r\n\r\n"
    server = serve(head.encode() + b"x" * size)
    with closing(Http(server.url, "t")) as asking:
        with pytest.raises(UnavailableError) as caught:
            asking.ask("POST", "/write", {}, b"one")
        assert caught.value.retry_after_s == 7.0
        assert not asking._kept


def test_a_proxy_s_path_is_kept(serve: Callable[..., Server]) -> None:
    """Where InfluxDB stands behind one."""
    server = serve(NO_CONTENT)
    with closing(Http(f"{server.url}/influx/", "t")) as asking:
        asking.ask("POST", "/api/v2/write", {}, b"x")
    assert server.requests[0].startswith(b"POST /influx/api/v2/write")


def test_an_encrypted_server_is_verified() -> None:
    """Name and chain."""
    trusted = http.trusted()
    assert trusted.check_hostname
    assert trusted.cert_store_stats()["x509_ca"] > 0
