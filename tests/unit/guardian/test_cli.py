"""The `guardian` command as a whole: every command explains itself, and loads only its part."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from guardian.cli import main

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
        "agent run", "agent status", "decode", "demo", "dispatcher run", "dispatcher user add",
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
