import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter

from runtime import metrics
from runtime.metrics import Health, PortTakenError

pytestmark = pytest.mark.usefixtures("socket_enabled")

HOST = "127.0.0.1"
Get = Callable[[str], tuple[int, str, bytes]]


class Condition:
    """What the health check says, as a test sets it."""

    health = Health()
    error: Exception | None = None

    def __call__(self) -> Health:
        if self.error:
            raise self.error
        return self.health


@pytest.fixture
def condition() -> Condition:
    return Condition()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def server(
    socket_enabled: None, registry: CollectorRegistry, condition: Condition
) -> Iterator[metrics.Server]:
    server = metrics.serve((HOST, 0), registry, condition)
    yield server
    server.stop()


@pytest.fixture
def get(server: metrics.Server) -> Get:
    def request(path: str) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=2)
        connection.request("GET", path)
        response = connection.getresponse()
        answer = response.status, response.headers["Content-Type"], response.read()
        connection.close()
        return answer

    return request


def _health(get: Get) -> tuple[int, dict[str, Any]]:
    status, content_type, body = get("/healthz")
    assert content_type == "application/json"
    return status, json.loads(body)


def test_prometheus_can_scrape(get: Get, registry: CollectorRegistry) -> None:
    Counter("panics", "Panics taken", registry=registry).inc(3)
    status, content_type, body = get("/metrics?x=1")
    assert status == 200
    assert content_type.startswith("text/plain")
    assert b"panics_total 3.0" in body


def test_a_well_process_says_so(get: Get, condition: Condition) -> None:
    condition.health = Health(details={"connection": 2})
    assert _health(get) == (200, {"ok": True, "problems": [], "connection": 2})


def test_what_is_wrong_is_said(get: Get, condition: Condition) -> None:
    condition.health = Health(("no broker for 61 s", "loop work is late"))
    assert _health(get) == (
        503,
        {"ok": False, "problems": ["no broker for 61 s", "loop work is late"]},
    )


def test_a_health_check_that_breaks_is_unwell(
    get: Get, condition: Condition, caplog: pytest.LogCaptureFixture
) -> None:
    condition.error = KeyError("bug")
    assert _health(get) == (
        503,
        {"ok": False, "problems": ["the health check failed: KeyError"]},
    )
    assert "health_check_failed" in caplog.messages


def test_another_page_is_not_found(get: Get) -> None:
    assert get("/")[0] == 404


def test_only_the_address_named_is_bound(server: metrics.Server) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.port), timeout=2)


def test_an_ipv6_address_is_bound_too(registry: CollectorRegistry) -> None:
    try:
        server = metrics.serve(("::1", 0), registry, Health)
    except PortTakenError:
        pytest.skip("this machine has no IPv6")
    connection = http.client.HTTPConnection("::1", server.port, timeout=2)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    connection.close()
    server.stop()


def test_a_host_that_is_none_is_named(registry: CollectorRegistry) -> None:
    with pytest.raises(PortTakenError, match=r"192\.0\.2\.1:0: "):
        metrics.serve(("192.0.2.1", 0), registry, Health)


def test_idle_connections_keep_only_a_few_threads(server: metrics.Server, get: Get) -> None:
    """Whoever opens more is turned away; when they leave, the page answers again."""
    address = (HOST, server.port)
    idle = [socket.create_connection(address, timeout=2) for _ in range(metrics._CONNECTIONS)]
    with socket.create_connection(address, timeout=2) as further:
        assert further.recv(1) == b""
    for each in idle:
        each.close()
    end = time.monotonic() + 4
    while not _answers(get):
        assert time.monotonic() < end


def _answers(get: Get) -> bool:
    try:
        return get("/healthz")[0] == 200
    except (http.client.HTTPException, ConnectionError):
        return False


def test_a_port_in_use_is_named(server: metrics.Server, registry: CollectorRegistry) -> None:
    with pytest.raises(PortTakenError, match=f"127.0.0.1:{server.port}: "):
        metrics.serve((HOST, server.port), registry, Health)


def test_a_port_that_is_none_is_named(registry: CollectorRegistry) -> None:
    with pytest.raises(PortTakenError):
        metrics.serve((HOST, 70_000), registry, Health)


def test_a_stopped_server_frees_its_port(registry: CollectorRegistry) -> None:
    server = metrics.serve((HOST, 0), registry, Health)
    server.stop()
    again = metrics.serve((HOST, server.port), registry, Health)
    again.stop()
    assert again.port == server.port


def test_a_collector_that_breaks_is_logged(
    get: Get, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def collect(self) -> Any:
            raise KeyError("bug")

        def describe(self) -> Any:
            return []

    registry.register(Broken())
    with pytest.raises(http.client.RemoteDisconnected):
        get("/metrics")
    assert "metrics_request_failed" in caplog.messages
