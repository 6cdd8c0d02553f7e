"""docs/escalation.md says what the code does, and its example works."""

import re
from pathlib import Path

import pytest

from dispatcher.escalation import document
from dispatcher.escalation.check import refusals
from dispatcher.escalation.settings import EscalationSettings
from runtime.settings import load

PAGE = (Path(__file__).parents[4] / "docs" / "escalation.md").read_text()


@pytest.mark.parametrize("made", [document.ladder_table(), document.limits_line()])
def test_the_page_has_the_tables_of_the_code(made: str) -> None:
    assert made in PAGE


def test_the_example_is_a_ladder_that_can_be_relied_on(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    file = tmp_path / "dispatcher.toml"
    file.write_text(example[1])
    settings = load(EscalationSettings, environ={}, config=file)
    channels = ["webhook", "sms-day", "sms-night"]
    assert list(refusals(settings, channels, 1_767_225_600_000)) == []
    ladder = settings.read_ladder()
    assert [rung.after_s for rung in ladder.rungs] == [0, 15, 30, 60, 120]
    monday_noon, holiday_noon = 1_767_585_600_000, 1_767_240_000_000
    assert ladder.call(3, monday_noon).channels == frozenset({"sms-day"})
    assert ladder.call(3, holiday_noon).channels == frozenset({"sms-night"})
