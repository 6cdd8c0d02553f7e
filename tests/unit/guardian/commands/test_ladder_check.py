"""`guardian dispatcher check`; what is checked is tested with dispatcher.escalation.check."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dispatcher.accounts import Accounts
from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from guardian.commands.dispatcher import dispatcher
from runtime.clock import SystemClock
from runtime.lifecycle import EXIT_SETTINGS

CHANNEL = """
[[channel]]
name = "{0}"
type = "webhook"
url = "https://sms.example/{0}"
secret = "whsec_c2VjcmV0IG9mIHRoZSB3ZWJob29rIGhlcmU="
"""
GOOD = (
    'brokers = ["mqtt://127.0.0.1:1"]\n'
    + CHANNEL.format("day")
    + CHANNEL.format("night")
    + """
[[schedule]]
name = "duty"
time_zone = "Asia/Taipei"
[[schedule.shifts]]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
begin = "08:00"
end = "20:00"
channels = ["day"]
[[schedule.shifts]]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
begin = "20:00"
end = "08:00"
channels = ["night"]
[[ladder]]
after_s = 0
schedules = ["duty"]
[[ladder]]
after_s = 30
roles = ["operator"]
[[ladder]]
after_s = 60
channels = "all"
"""
)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GUARDIAN_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("GUARDIAN_TELEMETRY_STORE", f"sqlite:///{tmp_path / 'telemetry.db'}")
    database = Database(f"sqlite:///{tmp_path / 'incidents.db'}")
    upgrade(database)
    Accounts(database, SystemClock()).add_user("ann", "a long password", "operator")
    database.close()
    file = tmp_path / "dispatcher.toml"
    file.write_text(GOOD)
    return file


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(dispatcher, ["check", "--config", str(config), *arguments])


@pytest.mark.parametrize(("hour", "called"), [("12:00", "day"), ("23:30", "night")])
def test_it_shows_who_would_be_alerted_when(config: Path, hour: str, called: str) -> None:
    result = run(config, "--at", f"2026-01-31T{hour}+08:00", "--place", "25.03,121.56")
    assert result.exit_code == 0, result.output
    assert "Taipei" in result.output
    lines = [line.strip() for line in result.output.splitlines() if " s" in line]
    assert f"0 s: {called}" in lines
    assert "30 s: no channel; roles: operator" in lines
    assert any(line.startswith("180 s, then every 120 s: day, night") for line in lines)


def test_it_refuses_naming_file_table_and_key(config: Path) -> None:
    config.write_text(GOOD.replace('channels = "all"', 'channels = ["pager"]'))
    result = run(config)
    assert result.exit_code == EXIT_SETTINGS
    assert f"{config}: ladder: table 3: channels: there is no channel 'pager'" in result.output


def test_running_refuses_the_same(config: Path) -> None:
    config.write_text(GOOD.replace("after_s = 60", "after_s = 30"))
    result = CliRunner().invoke(dispatcher, ["run", "--config", str(config)])
    assert result.exit_code == EXIT_SETTINGS
    assert f"{config}: ladder: table 3: after_s: 30 does not come after 30" in result.output


def test_a_step_for_a_role_that_nobody_has_is_no_success(config: Path) -> None:
    config.write_text(GOOD.replace('roles = ["operator"]', 'roles = ["supervisor"]'))
    result = run(config)
    assert result.exit_code == 1
    assert "no user is 'supervisor': nobody receives this step" in result.output


@pytest.mark.parametrize(
    "wrong", [("--at", "tomorrow"), ("--place", "here"), ("--place", "91,0"), ("--place", "1,2,3")]
)
def test_a_wrong_instant_or_place_is_said(config: Path, wrong: tuple[str, str]) -> None:
    result = run(config, *wrong)
    assert result.exit_code == 2
    assert wrong[0] in result.output
