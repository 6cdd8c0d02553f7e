"""The API's server: its port, its files, and what happens when it breaks."""

import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

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
