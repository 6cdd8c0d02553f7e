"""Files that are made of the code: written, compared, and current in the repository."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from grafana import generated
from grafana.__main__ import main


def test_the_files_of_the_repository_are_current() -> None:
    """If not: make dashboards."""
    assert generated.outdated() == []


def test_what_was_written_is_current_and_what_was_changed_is_not(tmp_path: Path) -> None:
    assert generated.outdated(tmp_path) == list(generated.files())
    written = generated.write(tmp_path)
    assert generated.outdated(tmp_path) == []
    changed = tmp_path / written[0]
    changed.write_text(changed.read_text(encoding="utf-8").replace("Open", "Opened"), "utf-8")
    assert generated.outdated(tmp_path) == [written[0]]


def test_the_check_names_the_file_and_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CliRunner().invoke(main, ["check"]).exit_code == 0
    monkeypatch.setattr(generated, "outdated", lambda: [Path("prometheus/rules.yml")])
    done = CliRunner().invoke(main, ["check"])
    assert done.exit_code == 1
    assert done.output == "prometheus/rules.yml is not current: run `make dashboards`\n"


def test_a_second_writing_changes_nothing() -> None:
    assert generated.files() == generated.files()
