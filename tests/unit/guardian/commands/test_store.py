"""`guardian store init`: how long it waits for a store that is still starting."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from guardian.commands import store as command
from runtime import logs
from runtime.clock import ManualClock, SystemClock
from telemetry_store.errors import DeniedError, UnavailableError
from telemetry_store.rows import LocationRow
from telemetry_store.settings import Retention, StoreSettings
from telemetry_store.sqlite import SqliteStore
from telemetry_store.step import Step
from tests.unit.telemetry_store.store_suite import place


class Starting:
    """A store that answers after so many attempts, half a second apart."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.attempts = 0
        self.failures = failures
        self.error = error

    def __call__(self, _settings: StoreSettings, _tokens: Path, *, dry_run: bool) -> list[Step]:
        assert not dry_run
        self.attempts += 1
        if self.attempts <= self.failures:
            raise self.error
        return [Step("bucket telemetry, 30 days", "made")]


class Pauses:
    """Lets the clock go on instead of waiting."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock

    def __call__(self, seconds: float) -> None:
        self.clock.advance(seconds)


@pytest.fixture
def attempt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Starting, float], object]:
    clock = ManualClock()

    def run(store: Starting, wait_s: float) -> object:
        monkeypatch.setattr(command, "set_up", store)
        settings = StoreSettings(telemetry_store="influxdb")
        return command.set_up_within(wait_s, settings, tmp_path, clock, Pauses(clock))

    return run


def test_a_store_that_is_starting_is_waited_for(
    attempt: Callable[[Starting, float], object],
) -> None:
    store = Starting(3, UnavailableError("not yet"))
    assert attempt(store, 2.0) == [Step("bucket telemetry, 30 days", "made")]
    assert store.attempts == 4


def test_the_wait_ends(attempt: Callable[[Starting, float], object]) -> None:
    store = Starting(100, UnavailableError("not yet"))
    with pytest.raises(UnavailableError):
        attempt(store, 2.0)
    assert store.attempts == 5


def test_a_refusal_is_not_waited_for(attempt: Callable[[Starting, float], object]) -> None:
    """Only somebody who gives it a token can help."""
    store = Starting(100, DeniedError("no"))
    with pytest.raises(DeniedError):
        attempt(store, 60.0)
    assert store.attempts == 1


def test_without_the_option_nothing_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, and an exit code that scripts see."""
    store = Starting(100, UnavailableError("InfluxDB cannot be reached"))
    monkeypatch.setattr(command, "set_up", store)
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # the log is the test run's own
    result = CliRunner().invoke(command.store, ["init"])
    assert (result.exit_code, result.output) == (1, "Error: InfluxDB cannot be reached\n")
    assert store.attempts == 1


@pytest.fixture
def sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with a position a second for the last ten minutes."""
    file, now = tmp_path / "t.db", SystemClock().now_ms()
    monkeypatch.setenv("GUARDIAN_TELEMETRY_STORE", f"sqlite:///{file}")
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # the log is the test run's own
    opened = SqliteStore(file, Retention(telemetry_days=30, released_days=30))
    opened.write([LocationRow("t", place(seq, now - seq * 1000)) for seq in range(600)])
    opened.close()
    return file


def test_a_few_positions_are_kept_for_longer(sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a store of their own; a second run finds them there."""
    monkeypatch.setenv("GUARDIAN_THINNED_RETENTION_DAYS", "365")
    monkeypatch.setenv("GUARDIAN_THINNED_EVERY_S", "60")
    for _ in range(2):
        result = CliRunner().invoke(command.store, ["thin"])
        assert re.fullmatch(r"(9|10|11) positions of 1 trackers kept\n", result.output)
    thinned = SqliteStore(
        sqlite.with_suffix(".thinned.db"), Retention(telemetry_days=365, released_days=30)
    )
    assert 9 <= len(thinned.track("t", 0, 2**53, 99)) <= 12
    thinned.close()


def test_thinning_is_asked_for(sqlite: Path) -> None:
    """Nobody's positions are kept for longer by accident."""
    result = CliRunner().invoke(command.store, ["thin"])
    assert result.exit_code == 1
    assert "GUARDIAN_THINNED_RETENTION_DAYS is 0" in result.output
    assert not sqlite.with_suffix(".thinned.db").exists()
