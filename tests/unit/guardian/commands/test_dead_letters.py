"""`guardian ingest dead-letters`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from contract import codec
from contract.topics import LOCATION
from guardian.commands.ingest import ingest
from ingest.dead_letters import DeadLetters
from ingest.reading import DeadLetter, DeadReason
from runtime import logs
from runtime.clock import SystemClock
from telemetry_store.settings import Retention
from telemetry_store.sqlite import SqliteStore
from tests.unit.ingest.doubles import place

NOW = SystemClock().now_ms()
GOOD = codec.encode(place(1, NOW))
BAD = b'{"boot":"0a1b2c3d","seq":9,"lat":25.033}'
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call `guardian ingest dead-letters ...` with the settings of an ingest in `tmp_path`."""
    config = tmp_path / "ingest.toml"
    config.write_text(
        f'telemetry_store = "sqlite:///{tmp_path}/t.db"\n'
        f'state_dir = "{tmp_path}"\nbrokers = ["mqtt://localhost:1"]\n'
    )
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # the log is the test run's own

    def call(command: str, *words: str) -> Result:
        return CliRunner().invoke(
            ingest, ["dead-letters", command, *words, "--config", str(config)]
        )

    return call


def fill(
    folder: Path, *payloads: bytes, device: str = "t", reason: DeadReason = "rejected"
) -> None:
    letters = DeadLetters(folder / "dead-letters-1.db")
    letters.add(
        [DeadLetter(device, LOCATION.of(device), each, reason, "why") for each in payloads], NOW
    )
    letters.close()


def stored(folder: Path) -> int:
    store = SqliteStore(folder / "t.db", Retention(telemetry_days=30, released_days=30))
    found = len(store.track("t", 0, 2**53, 99))
    store.close()
    return found


def test_a_folder_without_letters_is_an_error_and_an_empty_file_is_none(
    run: Run, tmp_path: Path
) -> None:
    """The first means that this is the wrong folder."""
    wrong = run("list")
    assert wrong.exit_code == 1
    assert "GUARDIAN_STATE_DIR" in wrong.output
    fill(tmp_path)
    assert run("list").output == "There are no dead letters.\n"
    assert json.loads(run("list", "--json").output) == []
    assert (
        run("replay", "--all").output == "0 replayed and removed (0 rows), 0 still bad and kept\n"
    )


def test_letters_are_listed_and_filtered(run: Run, tmp_path: Path) -> None:
    """Which, when, how often, whose, why; no place."""
    fill(tmp_path, BAD)
    fill(tmp_path, BAD, GOOD, device="u", reason="unreadable")
    lines = run("list").output.splitlines()
    assert len(lines) == 3
    assert lines[0].split()[0] == "1-3"
    assert lines[0].endswith("u  unreadable: why")
    assert "25.0" not in run("list", "--json").output
    assert [each["name"] for each in json.loads(run("list", "--json", "--device", "t").output)] == [
        "1-1"
    ]
    assert "2 more" in run("list", "--limit", "1").output
    assert run("list", "--device", "x").output == "None of 3 is such a one.\n"


def test_a_letter_is_shown_without_its_place(run: Run, tmp_path: Path) -> None:
    """A position is sealed; who has a ground says so."""
    fill(tmp_path, BAD)
    sealed = run("show", "1-1")
    assert sealed.exit_code == 0
    assert "25.033" not in sealed.output
    assert '"lat": "(number)"' in sealed.output
    assert "25.033" not in run("show", "1-1", "--json").output
    assert BAD.decode() in run("show", "1-1", "--positions").output
    shown = json.loads(run("show", "1-1", "--positions", "--json").output)
    assert (shown["reason"], shown["payload"]) == ("rejected", BAD.decode())


def test_a_letter_that_is_not_there_is_one_line(run: Run, tmp_path: Path) -> None:
    fill(tmp_path, BAD)
    for command in ("show", "replay"):
        result = run(command, "1-99")
        assert result.exit_code == 1
        assert result.output.startswith("Error: there is no dead letter 1-99")


def test_what_can_be_stored_is_and_goes(run: Run, tmp_path: Path) -> None:
    """The others are named with what is wrong today; a second time there is nothing more."""
    fill(tmp_path, GOOD, BAD)
    result = run("replay", "--all")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "1-2: still unreadable: time: Object missing required field `time`",
        "1 replayed and removed (1 rows), 1 still bad and kept",
    ]
    assert stored(tmp_path) == 1
    again = json.loads(run("replay", "--all", "--json").output)
    assert (again["replayed"], [each["name"] for each in again["still_bad"]]) == (0, ["1-2"])


def test_a_dry_run_changes_nothing(run: Run, tmp_path: Path) -> None:
    fill(tmp_path, GOOD)
    assert run("replay", "1-1", "--dry-run").output == (
        "1 could be replayed (1 rows), 0 still bad and kept\n"
    )
    assert not (tmp_path / "t.db").exists()
    assert run("replay", "1-1").exit_code == 0
    assert stored(tmp_path) == 1


def test_a_replay_says_of_which(run: Run, tmp_path: Path) -> None:
    """Neither nothing nor two things."""
    fill(tmp_path, GOOD)
    assert run("replay").exit_code == 2
    assert run("replay", "1-1", "--all").exit_code == 2
    assert "0 replayed" in run("replay", "--all", "--reason", "unreadable").output


def test_a_store_that_cannot_be_opened_is_one_line(run: Run, tmp_path: Path) -> None:
    """The letters stay."""
    fill(tmp_path, GOOD)
    (tmp_path / "t.db").mkdir()
    result = run("replay", "--all")
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    (tmp_path / "t.db").rmdir()
    assert "1 replayed" in run("replay", "--all").output
