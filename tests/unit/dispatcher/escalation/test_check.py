from pathlib import Path

import pytest

from dispatcher.escalation.check import refusals, warnings
from dispatcher.escalation.settings import EscalationSettings
from runtime.settings import SettingsError, load

NOW = 1_767_225_600_000  # Thursday 2026-01-01T00:00Z
SCHEDULE = """
[[schedule]]
name = "duty"
time_zone = "Asia/Taipei"
[[schedule.shifts]]
days = ["mon", "tue", "wed", "thu", "fri", "sat"]
begin = "00:00"
end = "24:00"
channels = ["sms"]
"""
STEP = "[[ladder]]\nafter_s = {}\n{}\n"


def found(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "dispatcher.toml"
    file.write_text(text)
    settings = load(EscalationSettings, environ={}, config=file)
    return [str(each) for each in refusals(settings, ["webhook", "sms"], NOW)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (STEP.format(0, 'channels = ["pager"]'),
         "ladder: table 1: channels: there is no channel 'pager'; there is: sms, webhook"),
        (STEP.format(0, 'roles = ["boss"]'), "ladder: table 1: roles: there is no role 'boss'"),
        (STEP.format(0, 'schedules = ["duty"]\nchannels = "all"'),
         "ladder: table 1: schedules: there is no schedule 'duty'; there is: none"),
        (STEP.format(0, 'channels = "all"') + STEP.format(30, ""),
         "ladder: table 2: channels: nobody receives this step"),
        (STEP.format(0, 'channels = "all"') + STEP.format(30, 'channels = "all"') * 2,
         "ladder: table 3: after_s: 30 does not come after 30"),
        (STEP.format(15, 'channels = "all"'),
         "ladder: table 1: after_s: the first step is the raise itself: 0"),
        (STEP.format(0, 'channels = "all"') + STEP.format(601, 'channels = "all"'),
         "ladder: table 2: after_s: over 600 s"),
        (SCHEDULE + STEP.format(0, 'schedules = ["duty"]'),
         "ladder: table 1: schedules: at 2026-01-03 16:00 UTC nobody is on duty for any step"),
        (SCHEDULE * 2 + STEP.format(0, 'channels = "all"'),
         "schedule: table 2: name: 'duty' is there twice"),
    ],
)  # fmt: skip
def test_what_cannot_be_relied_on_is_refused_by_table_and_key(
    tmp_path: Path, text: str, problem: str
) -> None:
    (said,) = found(tmp_path, text)
    assert said.startswith(problem)


def test_a_gap_in_a_schedule_is_none_where_another_step_has_somebody(tmp_path: Path) -> None:
    steps = STEP.format(0, 'schedules = ["duty"]') + STEP.format(30, 'channels = ["webhook"]')
    assert found(tmp_path, SCHEDULE + steps) == []
    assert found(tmp_path, "") == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("Asia/Taipei", "Asia/Atlantis"), "time_zone: the system knows no 'Asia/Atlantis'"),
        (("24:00", "25:00"), "end: expected a time from 00:00 to 24:00"),
        (('["sms"]', "[]"), "channels: name who is on duty"),
        (("begin", "beginn"), "beginn"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(
    tmp_path: Path, change: tuple[str, str], problem: str
) -> None:
    with pytest.raises(SettingsError, match=problem) as raised:
        found(tmp_path, SCHEDULE.replace(*change))
    assert "table 1" in str(raised.value)
    assert "dispatcher.toml" in str(raised.value)


def test_a_role_that_no_user_has_is_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "dispatcher.toml"
    file.write_text(STEP.format(0, 'channels = "all"') + STEP.format(30, 'roles = ["supervisor"]'))
    settings = load(EscalationSettings, environ={}, config=file)
    assert list(warnings(settings, {"supervisor"})) == []
    (said,) = warnings(settings, {"operator"})
    assert str(said) == (
        "ladder: table 2: roles: no user is 'supervisor': nobody receives this step"
    )
