"""docs/operations.md: its commands for Compose, as they stand there."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.compose.installation import ROOT, Installation, compose_command
from tests.compose.tracker import Tracker

BLOCK = re.compile(r"^<!-- compose: ([^\n]+) -->\n```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def commands() -> dict[str, str]:
    """Return the page's blocks by their names."""
    return dict(BLOCK.findall((ROOT / "docs" / "operations.md").read_text()))


def test_a_server_that_lost_its_volumes_comes_back(
    installation: Installation, tracker: Tracker, commands: dict[str, str], folder: Path
) -> None:
    """All but .env and the archive is gone; its trackers find it again and trust it."""
    tracker.press()
    tracker.await_newest("received")
    (before,) = installation.console(tracker.ca_file).api("incidents?state=raised")["items"]
    _type(installation, folder, commands["back up"])
    archive = folder / "guardian.tar"
    assert archive.stat().st_mode & 0o777 == 0o600

    installation.compose("down", "--volumes", "--timeout", "3")
    _type(installation, folder, commands["restore"])
    installation.await_health()
    tracker.await_connection()

    console = installation.console(tracker.ca_file)
    (after,) = console.api("incidents?state=raised")["items"]
    assert (after["id"], after["opened_at"]) == (before["id"], before["opened_at"])
    console.api(f"incidents/{after['id']}/acknowledge", {})
    tracker.await_newest("acknowledged")
    tracker.press()
    tracker.await_newest("received")
    assert console.api(f"incidents/{after['id']}")["presses"] == before["presses"] + 1


def _type(installation: Installation, folder: Path, script: str) -> None:
    """Run commands where `docker compose` means this installation."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    files = ("docker-compose.yml", "tests/compose/without-grafana.yml")
    words = [
        *compose_command(), "--project-name", installation.project,
        "--project-directory", str(ROOT), "--env-file", str(installation.env_file),
        *(word for name in files for word in ("--file", str(ROOT / name))),
    ]  # fmt: skip
    shim = programs / "docker"
    real = shutil.which("docker")
    words = [str(real) if word == "docker" else word for word in words]
    shim.write_text(f'#!/bin/sh\nshift\nexec {shlex.join(words)} "$@"\n')
    shim.chmod(0o755)
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euc", script], cwd=folder, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
