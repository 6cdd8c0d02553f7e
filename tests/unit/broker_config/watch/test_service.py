"""The process: wiring, health and exit codes."""

import json
import signal
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from click.testing import CliRunner

from broker_config.watch import service
from broker_config.watch.board import SILENT_S
from broker_config.watch.settings import WatchSettings
from guardian.commands.broker import broker
from runtime import logs, metrics
from runtime.clock import ManualClock
from runtime.mqtt.link import Incoming, LinkSettings, Up

pytestmark = pytest.mark.usefixtures("socket_enabled")


class WiredLink:
    """A link that does `script` when the last one is started, and then asks to end."""

    made: "list[WiredLink]" = []  # noqa: RUF012 - emptied by the fixture
    script: Callable[[], None] = staticmethod(lambda: None)

    def __init__(
        self, settings: LinkSettings, handler: Any, *, subscriptions: Sequence[str], **_: Any
    ) -> None:
        self.settings = settings
        self.handler = handler
        self.subscriptions = subscriptions
        self.events: list[str] = []
        self.made.append(self)

    def acknowledge(self, message: Incoming) -> bool:
        return True

    def start(self) -> None:
        self.events.append("start")
        if self is self.made[-1]:
            WiredLink.script()
            signal.raise_signal(signal.SIGTERM)

    def stop(self) -> None:
        self.events.append("stop")


class Pages:
    """The served pages, asked over HTTP while the process runs."""

    port = 0

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
            body: bytes = answer.read()
            return body.decode()

    def problems(self) -> list[str]:
        try:
            text = self.get("/healthz")
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode()
        found: list[str] = json.loads(text)["problems"]
        return found


@pytest.fixture
def links(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[WiredLink]]:
    monkeypatch.setattr(service, "Link", WiredLink)
    monkeypatch.setattr(WiredLink, "script", staticmethod(lambda: None))
    yield WiredLink.made
    WiredLink.made.clear()


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Pages:
    found = Pages()
    real = metrics.serve

    def serve(*args: Any) -> metrics.Server:
        server = real(*args)
        found.port = server.port
        return server

    monkeypatch.setattr(metrics, "serve", serve)
    return found


def settings(**changes: Any) -> WatchSettings:
    known: dict[str, Any] = {
        "brokers": ("mqtt://a.example:1", "mqtt://[::1]:2"),
        "metrics_bind": "127.0.0.1:0",
        **changes,
    }
    return WatchSettings(**known)


def test_each_broker_has_a_session_of_its_own(links: list[WiredLink]) -> None:
    """Clean ones: what was counted while the watch was away is old."""
    assert service.run(settings(instance="3")) == 0
    assert [link.settings.brokers for link in links] == [
        ("mqtt://a.example:1",),
        ("mqtt://[::1]:2",),
    ]
    assert [link.settings.client_id for link in links] == [
        "svc.tool.3.watch.1",
        "svc.tool.3.watch.2",
    ]
    assert all(link.events == ["start", "stop"] for link in links)
    assert all(link.subscriptions == ("$SYS/#",) for link in links)
    assert all(link.settings.clean_start for link in links)
    assert all(link.settings.session_expiry_s == 0 for link in links)


def test_it_serves_what_it_hears_and_says_which_broker_is_missing(
    links: list[WiredLink], pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}
    clock = ManualClock()

    def script() -> None:
        first = links[0].handler
        first.on_up(Up(1, session_present=False, broker="mqtt://a.example:1"))
        first.on_message(
            Incoming(
                "$SYS/broker/publish/messages/dropped", b"9", retain=True, connection=1, packet=1
            )
        )
        seen["page"], seen["one away"] = pages.get("/metrics"), pages.problems()
        links[1].handler.on_up(Up(1, session_present=False, broker="mqtt://[::1]:2"))
        seen["both"] = pages.problems()
        clock.advance(SILENT_S + 1)
        seen["silent"] = pages.problems()

    monkeypatch.setattr(WiredLink, "script", staticmethod(script))
    service.run(settings(), clock)
    assert 'guardian_broker_messages_dropped_total{broker="a.example:1"} 9.0' in seen["page"]
    assert 'guardian_broker_up{broker="[::1]:2"} 0.0' in seen["page"]
    assert 'guardian_watch_reading_failures_total{source="pki"} 0.0' in seen["page"]
    assert seen["one away"] == ["not connected to [::1]:2"]
    assert seen["both"] == []
    assert set(seen["silent"]) >= {"a.example:1 sends no statistics", "[::1]:2 sends no statistics"}


def test_wrong_settings_end_it_with_their_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)
    environ = {"GUARDIAN_BROKERS": "mqtt://a:1", "GUARDIAN_METRICS_BIND": "nowhere"}
    result = CliRunner().invoke(broker, ["watch"], env=environ)
    assert result.exit_code == 78
    assert "GUARDIAN_METRICS_BIND" in result.output


def test_an_address_that_cannot_be_bound_ends_it_too(
    links: list[WiredLink], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)
    environ = {"GUARDIAN_BROKERS": "mqtt://a:1", "GUARDIAN_METRICS_BIND": "192.0.2.1:1"}
    result = CliRunner().invoke(broker, ["watch"], env=environ)
    assert result.exit_code == 78
    assert links[0].events == []
