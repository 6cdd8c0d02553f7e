import sys
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import pytest

from device_agent import text_program
from device_agent.text_program import TextProgram
from runtime.lifecycle import Stopping


def run_program(command: tuple[str, ...], text: str) -> tuple[str, bool]:
    told: SimpleQueue[tuple[str, bool]] = SimpleQueue()
    stopping = Stopping()
    program = TextProgram("test", command, lambda key, ok: told.put((key, ok)), stopping=stopping)
    program.give("a", text)
    thread = Thread(target=program.run)
    thread.start()
    try:
        return told.get(timeout=5)
    finally:
        stopping.stop("test")
        thread.join(5)


def test_the_program_reads_the_text(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = f"import sys; open({str(out)!r}, 'w').write(sys.stdin.read())"
    assert run_program((sys.executable, "-c", code), "G1 tracker-a") == ("a", True)
    assert out.read_text() == "G1 tracker-a\n"


@pytest.mark.parametrize(
    "command", [(sys.executable, "-c", "raise SystemExit(1)"), ("/no-such-program",)]
)
def test_a_program_that_fails_is_told(command: tuple[str, ...]) -> None:
    assert run_program(command, "text") == ("a", False)


def test_a_program_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_program, "TIMEOUT_S", 0.05)
    hanging = (sys.executable, "-c", "import time; time.sleep(60)")
    assert run_program(hanging, "text") == ("a", False)
