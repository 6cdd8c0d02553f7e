"""The outbox after a power cut at any moment: writes that were not yet on disk are lost."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import get_args

import pytest

from device_agent.outbox import Outbox
from tests.services.choice import binary, missing
from tests.services.power_cut import MARK, STRACE, Files, Keep, Step, steps

pytestmark = pytest.mark.integration

PRESSES = 12
WORK = f"""
import sys
from pathlib import Path
from msgspec.structs import replace
from device_agent.outbox import Changes, Outbox
from device_agent.press import PressRow, TypedCode
from tests.unit.device_agent.fakes import location

outbox = Outbox(Path(sys.argv[1]))
row = PressRow(panic_id="", kind="button", silent=False, pressed_at=1, clock="gps")

def told(number):
    sys.stdout.write("{MARK}%d\\n" % number)
    sys.stdout.flush()

for number in range({PRESSES}):
    press = replace(row, panic_id=f"press-{{number:02}}")
    outbox.write(Changes(presses={{press.panic_id: press}}))
    told(number)
    reports = {{("0000000a", number * 50 + each): b"x" * 300 for each in range(50)}}
    outbox.write(Changes(reports=reports, place=location(number)))
    code = TypedCode(code="4711", at=1, update=1)
    outbox.write(Changes(presses={{press.panic_id: replace(press, update=1, codes=[code])}}))
    outbox.write(Changes(presses={{press.panic_id: replace(press, update=1)}}, scrub=True))
    outbox.write(Changes(reports=dict.fromkeys(list(reports)[::2])))
outbox.close()
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Step]]:
    """Run the outbox under strace; return its folder and what it did to the disk."""
    if binary("strace") is None:
        missing("strace", "tools/install-faults.sh")
    folder = tmp_path_factory.mktemp("power")
    trace = folder.parent / "power.trace"
    program = [sys.executable, "-c", WORK, str(folder / "outbox.db")]
    ran = subprocess.run(
        [*STRACE, "-o", str(trace), *program], capture_output=True, text=True, check=False
    )
    if "ptrace" in ran.stderr:
        missing("strace", ran.stderr)
    assert ran.returncode == 0, ran.stderr
    return folder, list(steps(trace, folder))


def cuts(recorded: list[Step]) -> Iterator[Files]:
    """Return the disk's state after each call, the last one included."""
    files = Files()
    for step in recorded:
        files.take(step)
        yield files


@pytest.mark.parametrize("keep", get_args(Keep))
def test_every_press_that_was_committed_is_there_after_a_power_cut(
    recorded: tuple[Path, list[Step]], tmp_path: Path, keep: Keep
) -> None:
    folder, done = recorded
    chance, tried = Random(4711), 0
    for number, files in enumerate(cuts(done)):
        if files.committed < 0:
            continue  # before the first press there is nothing to lose
        place = tmp_path / str(number)
        place.mkdir()
        for path, content in files.after_cut(keep, chance).items():
            (place / Path(path).relative_to(folder)).write_bytes(content)
        outbox = Outbox(place / "outbox.db")
        presses = [row.panic_id for row in outbox.load().presses]
        outbox.close()
        expected = [f"press-{each:02}" for each in range(files.committed + 1)]
        assert presses[: len(expected)] == expected, f"cut after call {number}, kept {keep}"
        tried += 1
    assert tried > 20 * PRESSES, "so many moments at which the power could go"


def test_without_fsync_presses_would_be_lost(recorded: tuple[Path, list[Step]]) -> None:
    """What makes the test above worth something: the same calls, without those to fsync."""
    _, done = recorded
    files = Files()
    for step in done:
        if step.kind != "sync":
            files.take(step)
    assert files.committed == PRESSES - 1
    assert not any(files.after_cut("nothing", Random(1)).values())
