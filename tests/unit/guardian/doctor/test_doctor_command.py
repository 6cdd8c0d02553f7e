"""The command: exit codes, JSON, and that a tracker needs no server library."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from guardian.commands.doctor import doctor
from guardian.doctor.finding import Check, Finding, fault, ok, warning

OK = ok("disk.space", "/", "room")
WARNING = warning("disk.space", "/", "low", "df")
FAULT = fault("disk.space", "/", "full", "df")
SERVER_ONLY = (
    "sqlalchemy", "alembic", "influxdb_client", "cryptography", "fastapi", "prometheus_client",
    "psycopg", "uvicorn", "urllib3", "argon2", "starlette", "standardwebhooks",
)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "options", "code"),
    [
        (OK, [], 0),
        (WARNING, [], 0),
        (WARNING, ["--strict"], 1),
        (FAULT, [], 1),
        (FAULT, ["--only", "clock"], 0),
    ],
)
def test_the_exit_code_says_whether_it_is_well(
    monkeypatch: pytest.MonkeyPatch, found: Finding, options: list[str], code: int
) -> None:
    checks = [Check("disk", "/", lambda: [found])]
    monkeypatch.setattr("guardian.commands.doctor.checks", lambda *_: checks)
    assert CliRunner().invoke(doctor, options).exit_code == code


def test_json_is_one_object(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        doctor, ["--json", "--config", str(tmp_path / "none.toml"), "--only", "settings"]
    )
    told = json.loads(done.output)
    assert done.exit_code == 1
    assert told["counts"]["fault"] == 1
    assert told["findings"][0]["name"] == "settings.read"


def test_an_unknown_area_is_refused_with_the_list() -> None:
    done = CliRunner().invoke(doctor, ["--only", "weather"])
    assert done.exit_code == 2
    assert "'clock'" in done.output


def test_the_part_of_a_file_can_be_said(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('brokers = ["mqtts://broker:8884"]\nca_file = "x"\n')
    options = ["--config", f"ingest={path}", "--only", "settings"]
    assert "the settings of ingest can be read" in CliRunner().invoke(doctor, options).output


def test_a_tracker_loads_no_server_library(tmp_path: Path) -> None:
    """And it works where none is installed: importing one fails the whole process here."""
    config = tmp_path / "agent.toml"
    config.write_text(
        'device = "tracker-1"\nserial_port = "/dev/none"\nca_file = "x"\nstate_dir = "."\n'
        'brokers = ["mqtts://127.0.0.1:1"]\ncert_file = "y"\nkey_file = "z"\n'
    )
    probe = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {SERVER_ONLY!r}:\n"
        "            raise SystemExit(f'loaded {name}')\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "from guardian.cli import main\n"
        f"main(['doctor', '--config', {str(config)!r}], prog_name='guardian')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 1
    assert "receiver.port" in done.stdout
    assert "broker.login" in done.stdout
    assert "unfinished" not in done.stdout


def test_a_bug_before_the_first_check_is_a_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("of our own making")

    monkeypatch.setattr("guardian.commands.doctor.find", breaks)
    done = CliRunner().invoke(doctor, ["--only", "settings"])
    assert done.exit_code == 1
    assert "of our own making" in done.output
    assert "Traceback" not in done.output
