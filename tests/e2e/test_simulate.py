"""`guardian simulate` alone, and beside a running demo."""

import json
import subprocess
import sys

import pytest

from tests.services.choice import CONTAINERS_ONLY

pytestmark = pytest.mark.skipif(CONTAINERS_ONLY, reason="it starts a Mosquitto of its own")


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


def test_a_wrong_folder_is_named() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "guardian", "simulate", "--pki", "/"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "holds no PKI" in run.stderr
