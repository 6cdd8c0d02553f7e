"""The process: wiring, health, retention and exit codes."""

import logging
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from guardian.commands.ingest import ingest
from ingest import service
from ingest.dead_letters import DeadLetters
from ingest.settings import IngestSettings
from runtime import logs
from runtime.clock import ManualClock
from runtime.lifecycle import Stopping
from telemetry_store.errors import UnavailableError
from telemetry_store.memory import MemoryStore
from tests.unit.ingest.doubles import FakeLink


class WiredLink(FakeLink):
    """A link that asks the process to end as soon as it is started."""

    made: "list[WiredLink]" = []  # noqa: RUF012 - emptied by the fixture

    def __init__(
        self, settings: Any, handler: Any, *, subscriptions: Sequence[str], numbers: Any, **_: Any
    ) -> None:
        super().__init__()
        self.numbers = numbers
        self.settings = settings
        self.handler = handler
        self.subscriptions = subscriptions
        self.left: list[str] = []
        self.events: list[str] = []
        self.made.append(self)

    def unsubscribe(self, topic_filter: str) -> None:
        self.left.append(topic_filter)

    def start(self) -> None:
        self.events.append("start")
        signal.raise_signal(signal.SIGTERM)

    def stop(self, timeout_s: float) -> None:
        assert timeout_s > 0
        self.events.append("stop")


@pytest.fixture
def links(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[WiredLink]]:
    monkeypatch.setattr(service, "Link", WiredLink)
    yield WiredLink.made
    WiredLink.made.clear()


def settings(folder: Path, **changes: Any) -> IngestSettings:
    known: dict[str, Any] = {
        "brokers": ("mqtt://localhost:1",),
        "telemetry_store": f"sqlite:///{folder / 'telemetry.db'}",
        "state_dir": folder,
        **changes,
    }
    return IngestSettings(**known)


def test_the_process_works_until_it_is_told_to_end(tmp_path: Path, links: list[WiredLink]) -> None:
    """With a session that survives it, and a disconnection in order."""
    assert service.run(settings(tmp_path, instance="north")) == 0
    (link,) = links
    assert link.events == ["start", "stop"]
    assert link.settings.client_id == "svc.ingest.north"
    assert link.settings.session_expiry_s > 0
    assert not link.settings.clean_start
    assert link.settings.receive_maximum == 2000
    assert link.left == []


def test_a_worker_that_begins_to_share_leaves_its_own_subscription(
    tmp_path: Path, links: list[WiredLink]
) -> None:
    """Else its old session would bring every position a second time."""
    service.run(settings(tmp_path, share_name="s3cret"))
    assert links[0].left == ["guardian/v1/+/location", "guardian/v1/+/history"]
    assert "$share/s3cret/guardian/v1/+/location" in links[0].subscriptions


def test_every_broker_has_a_link_of_its_own(tmp_path: Path, links: list[WiredLink]) -> None:
    """One that is down hinders no other; their connections have different numbers."""
    service.run(settings(tmp_path, brokers=("mqtt://a:1", "mqtt://b:1")))
    assert [each.settings.brokers for each in links] == [("mqtt://a:1",), ("mqtt://b:1",)]
    assert [each.events for each in links] == [["start", "stop"]] * 2
    assert links[0].handler is not links[1].handler
    assert links[0].numbers is links[1].numbers


class BrokenStore(MemoryStore):
    def prune(self, now_ms: int) -> int:
        raise UnavailableError("locked")


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[DeadLetters]:
    opened = DeadLetters(tmp_path / "dead.db")
    yield opened
    opened.close()


def process(
    folder: Path, letters: DeadLetters, store: MemoryStore, clock: ManualClock
) -> service._Process:
    return service._Process(settings(folder), store, letters, clock, Stopping())


def test_health_names_what_is_wrong(tmp_path: Path, letters: DeadLetters) -> None:
    """The broker, the store, and loops that hang."""
    clock = ManualClock()
    ingesting = process(tmp_path, letters, MemoryStore(), clock)
    assert ingesting._health().problems == ("not connected to a broker",)
    clock.advance(600)
    assert "loop write hangs" in ingesting._health().problems
    assert ingesting._health().details == {"dead_letters": 0}


def test_pruning_that_fails_stops_nothing(
    tmp_path: Path, letters: DeadLetters, caplog: pytest.LogCaptureFixture
) -> None:
    """It is counted, and tried again in an hour."""
    ingesting = process(tmp_path, letters, BrokenStore(), ManualClock())
    with caplog.at_level(logging.WARNING):
        ingesting._prune_once()
    assert [each.message for each in caplog.records] == ["pruning_failed"]


def test_a_state_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """It is a setting, so starting again does not help."""
    (tmp_path / "file").write_text("")
    with pytest.raises(service.DeadLettersError, match="dead-letters-1"):
        service.run(settings(tmp_path, state_dir=tmp_path / "file"))


def test_the_command_ends_with_the_code_that_the_service_manager_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """78 where somebody has to change something, 1 where a new start may help."""
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # the log is the test run's own
    environ = {"GUARDIAN_BROKERS": "mqtt://localhost:1", "GUARDIAN_STATE_DIR": str(tmp_path)}
    wrong = CliRunner().invoke(ingest, ["run"], env={**environ, "GUARDIAN_BROKERS": "x"})
    assert wrong.exit_code == 78
    assert wrong.output.startswith("Error: GUARDIAN_BROKERS: 'x'")
    folder = {**environ, "GUARDIAN_TELEMETRY_STORE": f"sqlite:///{tmp_path}"}
    assert CliRunner().invoke(ingest, ["run"], env=folder).exit_code == 1
