"""The API's server: its port, its files, and what happens when it breaks."""

import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from dispatcher import connections
from dispatcher import web as web_module
from dispatcher.accounts import Accounts
from dispatcher.api.app import InsecureBindingError
from dispatcher.settings import HttpSettings
from dispatcher.web import HttpFilesError, HttpPortError, Web
from runtime.lifecycle import Stopping
from tests.services.choice import wait_until
from tests.unit.dispatcher.world import World

pytestmark = pytest.mark.integration


@pytest.fixture
def sqlite_world(tmp_path: Path) -> Iterator[World]:
    world = World(f"sqlite:///{tmp_path / 'incidents.db'}")
    yield world
    world.close()


def web(world: World, **settings: Any) -> Web:
    chosen = HttpSettings(**{"http_bind": "127.0.0.1:0", **settings})
    return Web(world.desk, Accounts(world.database, world.clock), world.clock, chosen)


def serving(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_it_serves_until_it_is_stopped_and_comes_back_when_it_breaks(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_module, "AGAIN_S", 0.05)
    served = web(sqlite_world)
    stopping = Stopping()
    threads = [
        Thread(target=served.run, args=(stopping,)),
        Thread(target=served.stop_with, args=(stopping,)),
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: serving(served.port), "the page")
    served._server.should_exit = True
    wait_until(lambda: not served._server.started or not serving(served.port), "its end", 5)
    wait_until(lambda: serving(served.port), "the page again")
    stopping.stop("test")
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert not serving(served.port)


def test_a_port_that_is_taken_is_named(sqlite_world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(HttpPortError, match=address):
            web(sqlite_world, http_bind=address)


def test_files_that_are_no_certificate_are_refused(sqlite_world: World, tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("nothing")
    with pytest.raises(HttpFilesError):
        web(
            sqlite_world,
            http_cert_file=tmp_path / "cert.pem",
            http_key_file=tmp_path / "cert.pem",
        )


def test_plain_http_beyond_loopback_is_refused(sqlite_world: World) -> None:
    with pytest.raises(InsecureBindingError):
        web(sqlite_world, http_bind="0.0.0.0:0")


def ask(connection: socket.socket) -> bytes:
    connection.sendall(b"GET /login HTTP/1.1\r\nHost: x\r\n\r\n")
    return connection.recv(12)


@pytest.fixture
def served(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A server that lets three in, and has little patience."""
    monkeypatch.setattr(web_module, "most_connections", lambda: 3)
    monkeypatch.setattr(connections, "REQUEST_S", 0.5)
    made, stopping = web(sqlite_world), Stopping()
    threads = [Thread(target=work, args=(stopping,)) for work in (made.run, made.stop_with)]
    for thread in threads:
        thread.start()
    wait_until(lambda: serving(made.port), "the page")
    yield made
    stopping.stop("test")
    for thread in threads:
        thread.join(10)


def test_idle_connections_never_take_more_files_than_they_are_given(
    served: Web, sqlite_world: World
) -> None:
    """And they lose what they have: nobody who is silent stays."""
    wait_until(lambda: served._socket.live == 0, "no connection")
    address = ("127.0.0.1", served.port)
    idle = [socket.create_connection(address, 5) for _ in range(50)]
    wait_until(
        lambda: (
            sqlite_world.metrics.registry.get_sample_value("guardian_api_refused_connections_total")
            == 47
        ),
        "the others to be refused",
    )
    assert served._socket.live <= 3
    wait_until(lambda: served._socket.live == 0, "the silent ones to go", 5)
    assert serving(served.port)
    for each in idle:
        each.close()


def test_a_head_that_comes_byte_by_byte_has_no_more_time(served: Web) -> None:
    with socket.create_connection(("127.0.0.1", served.port), 5) as slow:
        assert ask(slow).startswith(b"HTTP/1.1 200")
        slow.sendall(b"GET / HTTP/1.1\r\nX: ")
        wait_until(lambda: not dripped(slow), "the end of its patience", 5)


def dripped(connection: socket.socket) -> bool:
    """Send a byte more; False when nobody takes it."""
    try:
        connection.sendall(b"x")
    except OSError:
        return False
    return True
