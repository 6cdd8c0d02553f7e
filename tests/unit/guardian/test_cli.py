"""The `guardian` command as a whole: every command explains itself, and loads only its part."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import guardian.__main__
from guardian.cli import main
from guardian.demo import children

SERVER_ONLY = ("sqlalchemy", "fastapi", "influxdb_client", "prometheus_client", "cryptography")


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return the paths of all commands that are no groups."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


def test_every_command_is_there() -> None:
    named = {" ".join(path) for path in commands(main)}
    assert named >= {
        "agent run", "agent status", "broker watch", "decode", "demo", "dispatcher run",
        "dispatcher user add",
        "dispatcher token add", "enroll add", "enroll renew", "enroll revoke", "enroll list",
        "ingest run", "schema show", "simulate", "store init",
    }  # fmt: skip


def test_the_help_of_every_command_has_an_example_that_names_it() -> None:
    without = []
    for path in commands(main):
        result = CliRunner().invoke(main, [*path, "--help"])
        assert result.exit_code == 0, path
        explained = result.output.partition("\n")[2]
        if f"guardian {' '.join(path)}" not in explained or "\\b" in explained:
            without.append(" ".join(path))
    assert without == []


@pytest.mark.parametrize(
    "path", [("agent", "run"), ("ingest", "run"), ("dispatcher", "run")], ids=" ".join
)
def test_the_help_of_a_process_lists_its_settings(path: tuple[str, ...]) -> None:
    text = CliRunner().invoke(main, [*path, "--help"]).output
    assert "GUARDIAN_BROKERS" in text
    assert "GUARDIAN_STATE_DIR" in text


def test_an_unknown_command_is_named() -> None:
    result = CliRunner().invoke(main, ["agnet"])
    assert result.exit_code == 2
    assert "agnet" in result.output


def test_the_trackers_command_loads_no_server() -> None:
    """`guardian agent` and `guardian decode` run where only [device] is installed."""
    probe = (
        "import sys; from click.testing import CliRunner; from guardian.cli import main\n"
        "for name in ('agent', 'decode'): CliRunner().invoke(main, [name, '--help'])\n"
        f"print([name for name in {SERVER_ONLY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_on_a_tracker_the_help_names_what_only_a_server_has() -> None:
    """The servers' libraries are not there; nothing ends in a traceback."""
    probe = (
        "import sys\n"
        f"for name in {SERVER_ONLY!r}: sys.modules[name] = None\n"
        "from click.testing import CliRunner; from guardian.cli import main\n"
        "for words in (['--help'], ['enroll', 'add', '--help'], ['decode', '--help']):\n"
        "    done = CliRunner().invoke(main, words)\n"
        "    print(done.exit_code, done.output)\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert "Traceback" not in done.stdout + done.stderr
    helped, refused, decoded = done.stdout.split("\n1 ")[0], done.stdout, done.stdout
    assert helped.startswith("0 ")
    assert "enroll" in helped
    assert "not installed here" in helped
    assert "\n1 Error: guardian enroll is not installed here" in refused
    assert "Usage: main decode" in decoded


def test_a_fault_of_our_own_is_no_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise ModuleNotFoundError("No module named 'guardian.gone'", name="guardian.gone")

    monkeypatch.setattr("guardian.cli.import_module", broken)
    assert isinstance(CliRunner().invoke(main, ["decode"]).exception, ModuleNotFoundError)


def _interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_while_a_command_is_loaded_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guardian.cli.import_module", _interrupt)
    result = CliRunner().invoke(main, ["decode"])
    assert (result.exit_code, result.output) == (130, "")


def test_ctrl_c_before_any_command_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guardian.cli.main", _interrupt)
    with pytest.raises(SystemExit) as ended:
        guardian.__main__.start()
    assert ended.value.code == 130


@pytest.mark.parametrize(
    "words", [("--rate", "nan"), ("--duration", "NaN"), ("--duration", "inf"), ("--rate", "-inf")]
)
def test_simulate_takes_numbers_alone(words: tuple[str, str]) -> None:
    result = CliRunner().invoke(main, ["simulate", *words])
    assert result.exit_code == 2
    assert words[0] in result.stderr


def test_the_demo_takes_the_users_log_settings_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOG_LEVEL", "LOG_FORMAT", "DATABASE_URL", "BROKERS"):
        monkeypatch.setenv(f"GUARDIAN_{name}", name)
    family = children.Children(tmp_path)
    try:
        family.start("env", ["env"]).process.wait()
    finally:
        family.stop()
    words = (tmp_path / "env.log").read_text().splitlines()
    ours = {word for word in words if word.startswith("GUARDIAN_")}
    assert ours == {"GUARDIAN_LOG_LEVEL=LOG_LEVEL", "GUARDIAN_LOG_FORMAT=LOG_FORMAT"}
