"""`guardian ingest dead-letters replay` beside an ingest that goes on."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract import codec
from contract.messages import Location
from contract.topics import LOCATION
from ingest.dead_letters import DeadLetters
from ingest.reading import DeadLetter
from runtime.clock import SystemClock
from tests.integration.ingest.conftest import Start
from tests.integration.ingest.stores import Influx, Sqlite, positions
from tests.integration.ingest.tracker import BOOT, Tracker

pytestmark = pytest.mark.integration


@pytest.fixture(params=["influx", "sqlite"])
def store(request: pytest.FixtureRequest) -> Influx | Sqlite:
    """Each store behind the port."""
    found: Influx | Sqlite = request.getfixturevalue(request.param)
    return found


def replayed(store: Influx | Sqlite, state: Path) -> Any:
    environ = {**os.environ, **store.environ, "GUARDIAN_STATE_DIR": str(state)}
    command = [sys.executable, "-m", "guardian", "ingest", "dead-letters", "replay", "--all"]
    done = subprocess.run(
        [*command, "--json"], env=environ, capture_output=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


def test_letters_are_replayed_while_ingest_runs(
    store: Influx | Sqlite,
    ingest: Start,
    tracker: Callable[[str], Tracker],
    tmp_path: Path,
) -> None:
    """Into the same store and out of the same file; the stream of positions loses none."""
    ingest(store)
    sender = tracker("t-1")
    sender.send(*range(300))
    now = SystemClock().now_ms()
    letters = DeadLetters(tmp_path / "state" / "dead-letters-1.db")
    places = [
        Location(boot=BOOT, seq=1000 + each, time=now + each, lat=25.0, lon=121.5)
        for each in range(20)
    ]
    payloads = [*map(codec.encode, places), b"{}"]
    topic = LOCATION.of("t-1")
    assert letters.add([DeadLetter("t-1", topic, each, "rejected", "") for each in payloads], now)
    answer = replayed(store, tmp_path / "state")
    assert (answer["replayed"], answer["rows"], len(answer["still_bad"])) == (20, 20, 1)
    sender.send(*range(300, 600))
    sender.wait_named()
    assert set(positions(store.store, "t-1")) == {*range(600), *range(1000, 1020)}
    assert [each.letter.payload for each in letters.newest(99)] == [b"{}"]
    letters.close()
