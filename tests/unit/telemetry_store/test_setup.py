"""`store init` for the embedded store."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from guardian.commands.store import store
from runtime import logs
from telemetry_store.settings import StoreSettings
from telemetry_store.setup import set_up
from telemetry_store.step import Step


def test_the_file_is_made_and_then_kept(tmp_path: Path) -> None:
    """No token is written: the file's permissions are the protection."""
    file = tmp_path / "state" / "t.db"
    settings = StoreSettings(telemetry_store=f"sqlite:///{file}")
    assert set_up(settings, tmp_path / "tokens") == [Step(f"file {file}", "made")]
    assert set_up(settings, tmp_path / "tokens") == [Step(f"file {file}", "kept")]
    assert not (tmp_path / "tokens").exists()


def test_a_dry_run_makes_nothing(tmp_path: Path) -> None:
    """And says the same."""
    file = tmp_path / "state" / "t.db"
    settings = StoreSettings(telemetry_store=f"sqlite:///{file}")
    assert set_up(settings, tmp_path, dry_run=True) == [Step(f"file {file}", "made")]
    assert not list(tmp_path.iterdir())


def test_thinned_positions_have_a_file_of_their_own(tmp_path: Path) -> None:
    """Where some are kept."""
    file = tmp_path / "t.db"
    settings = StoreSettings(telemetry_store=f"sqlite:///{file}", thinned_retention_days=365)
    second = tmp_path / "t.thinned.db"
    assert [each.what for each in set_up(settings, tmp_path)] == [f"file {file}", f"file {second}"]
    assert second.exists()
    assert settings.thinned.telemetry_retention_days == 365


def test_the_command_says_what_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line for each step."""
    config = tmp_path / "ingest.toml"
    config.write_text('telemetry_store = "sqlite:///t.db"\nbrokers = ["mqtt://localhost:1"]\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # the log is the test run's own
    result = CliRunner().invoke(store, ["init", "--config", str(config)])
    assert result.exit_code == 0, result.output
    assert result.output == "made    file t.db\n"


def test_a_wrong_setting_is_one_line() -> None:
    """And an exit code that scripts see."""
    environ = {"GUARDIAN_TELEMETRY_STORE": "oracle"}
    result = CliRunner().invoke(store, ["init"], env=environ)
    assert result.exit_code == 1
    assert result.output.startswith("Error: GUARDIAN_TELEMETRY_STORE: 'oracle'")
