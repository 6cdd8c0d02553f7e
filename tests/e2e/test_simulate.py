"""`guardian simulate` alone, and beside a running demo."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.services.choice import CONTAINERS_ONLY, wait_until

pytestmark = [
    pytest.mark.skipif(CONTAINERS_ONLY, reason="it starts a Mosquitto of its own"),
    pytest.mark.usefixtures("native_mosquitto"),
]


def test_simulated_trackers_press_and_every_press_is_received() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "guardian", "simulate",
         "--devices", "8", "--rate", "2", "--duration", "5", "--panics", "10", "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert (result["devices"], result["panics_pressed"]) == (8, 10)
    assert (result["panics_received"], result["panics_unanswered"]) == (10, 0)
    assert 60 <= result["positions_made"] <= 80
    assert 0 < result["median_ms"] <= result["p99_ms"] <= result["max_ms"]


def test_a_wrong_folder_is_named_and_left_alone(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "guardian", "simulate", "--pki", tmp_path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "holds no PKI" in run.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_and_leaves_nothing(how: signal.Signals) -> None:
    with tempfile.TemporaryDirectory() as name:
        run = subprocess.Popen(
            [sys.executable, "-m", "guardian", "simulate", "--duration", "100"],
            env=os.environ | {"TMPDIR": name},
        )
        try:
            wait_until(lambda: any(Path(name).glob("*/dispatcher.log")), "the dispatcher", 60)
            run.send_signal(how)
            assert run.wait(30) != 0
        finally:
            run.kill()
            run.wait()
        wait_until(lambda: not any(Path(name).iterdir()), "the end of its folder", 10)
        wait_until(lambda: not _processes_of(name), "the end of its processes", 10)


def _processes_of(folder: str) -> list[Path]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if folder.encode() in (process / "environ").read_bytes():
                found.append(process)
        except OSError:
            continue
    return found
