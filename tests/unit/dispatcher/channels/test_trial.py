"""`guardian dispatcher test-channel`, with channels that need no network."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lxml import etree

from guardian.commands.dispatcher import dispatcher
from runtime.lifecycle import EXIT_FAILED, EXIT_SETTINGS

TABLES = """
[[channel]]
name = "centre"
type = "cap"
folder = "cap"
sender = "guardian@police.example"
addresses = ["dispatch"]
"""


def run(folder: Path, name: str, text: str = TABLES) -> Result:
    config = folder / "dispatcher.toml"
    config.write_text(text)
    environ = {"GUARDIAN_BROKERS": "mqtt://127.0.0.1:1"}
    return CliRunner(env=environ).invoke(
        dispatcher, ["test-channel", name, "--config", str(config)]
    )


def test_a_test_arrives_and_says_that_it_is_one(tmp_path: Path) -> None:
    result = run(tmp_path, "centre")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("centre: delivered in ")
    (path,) = (tmp_path / "cap").iterdir()
    cap = "{urn:oasis:names:tc:emergency:cap:1.2}"
    alert = etree.parse(path)
    assert alert.findtext(f"{cap}status") == "Test"
    assert alert.findtext(f"{cap}info/{cap}headline").startswith("TEST: ")
    assert path.stem in result.output


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    result = run(tmp_path, "center")
    assert result.exit_code == EXIT_SETTINGS
    assert "no channel 'center'; did you mean 'centre'?; configured: centre" in result.output


def test_what_every_incident_goes_through_is_tried_with_a_tracker(tmp_path: Path) -> None:
    result = run(tmp_path, "mqtt")
    assert result.exit_code == EXIT_SETTINGS
    assert "press a tracker's test" in result.output


def test_what_does_not_arrive_is_said_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "cap").write_text("a file where the folder should be")
    result = run(tmp_path, "centre")
    assert result.exit_code == EXIT_FAILED
    assert "centre: " in result.output
    assert "cannot be written" in result.output


@pytest.mark.parametrize("text", ["[[channel]]\nname = 'x'\ntype = 'fax'", "[[channel]"])
def test_settings_that_cannot_work_are_named(tmp_path: Path, text: str) -> None:
    result = run(tmp_path, "centre", text)
    assert result.exit_code == EXIT_SETTINGS
    assert "dispatcher.toml" in result.output
