"""What the holder notices, types and says, on a real process with real programs."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from contract import panic_text
from tests.integration.device_agent.conftest import Broker
from tests.integration.device_agent.process import AgentProcess
from tests.integration.device_agent.services import DEVICE, Services
from tests.services.choice import wait_until

pytestmark = pytest.mark.integration


def program(folder: Path, code: str) -> list[str]:
    """Write a program; return its command."""
    file = folder / f"program-{len(list(folder.iterdir()))}.py"
    file.write_text(code)
    return [sys.executable, str(file)]


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def connected(agent: AgentProcess, prelude: str = "") -> None:
    agent.start(prelude)
    wait_until(lambda: agent.ask()["link"]["up"], "the agent to connect")


def with_feedback(agent: AgentProcess, folder: Path, *, silent: bool = False) -> Path:
    """Let a program note each signal; returns where."""
    noticed = folder / "noticed"
    command = program(
        folder, f"import sys; open({str(noticed)!r}, 'a').write(sys.argv[1] + chr(10))"
    )
    agent.config = folder / "agent.toml"
    agent.config.write_text(
        f"buttons = '{'signal-silent' if silent else 'signal'}'\n"
        f"[[feedback]]\ntype = 'program'\ncommand = {command}\n"
    )
    return noticed


def test_the_holder_notices_each_step(
    agent: AgentProcess, services: Services, tmp_path: Path
) -> None:
    noticed = with_feedback(agent, tmp_path)
    connected(agent)
    agent.press()
    wait_until(lambda: lines(noticed) == ["sent"], "the first signal")
    services.wait_for("the press", lambda: services.panics() != [])
    panic = services.panics()[0]
    expected = ["sent"]
    for version, (stage, signal) in enumerate(
        [("received", "received"), ("acknowledged", "seen"), ("closed", "closed")], 1
    ):
        services.answer(panic, stage, version=version)  # type: ignore[arg-type]
        expected.append(signal)
        wait_until(lambda: lines(noticed) == expected, f"the signal {signal}")


def test_a_silent_press_runs_no_program(
    agent: AgentProcess, services: Services, tmp_path: Path
) -> None:
    noticed = with_feedback(agent, tmp_path, silent=True)
    connected(agent, "import device_agent.feedback.choice as s; s.FAILING_AFTER_S = 0.2")
    agent.press()
    services.wait_for("several sendings", lambda: len(services.panics()) >= 3)
    assert services.panics()[0].silent
    services.answer(services.panics()[0], "acknowledged")
    wait_until(lambda: agent.ask()["panics"][0]["stage"] == "acknowledged", "the receipt")
    assert lines(noticed) == []


def test_a_typed_code_reaches_the_dispatcher_and_leaves_no_trace(
    agent: AgentProcess, services: Services, tmp_path: Path
) -> None:
    noticed = with_feedback(agent, tmp_path)
    connected(agent)
    agent.press()
    services.wait_for("the press", lambda: services.panics() != [])
    services.answer(services.panics()[0], "received")
    wait_until(lambda: "received" in lines(noticed), "the signal")
    agent.ask("cancel", code="duress-4711")
    services.wait_for("the code", lambda: services.panics()[-1].cancel is not None)
    panic = services.panics()[-1]
    assert [each.code for each in panic.cancel or ()] == ["duress-4711"]

    def on_disk() -> bool:
        files = agent.state_dir.glob("outbox.db*")
        return any(b"duress-4711" in each.read_bytes() for each in files)

    assert on_disk()
    services.answer(panic, "acknowledged", version=2)
    wait_until(lambda: not on_disk(), "the code to leave the disk")
    assert "seen" not in lines(noticed), "after any cancel the device is silent"
    with closing(sqlite3.connect(agent.state_dir / "outbox.db")) as outbox:
        assert outbox.execute("SELECT count(*) FROM presses").fetchone() == (1,)


def test_a_press_that_nobody_receives_becomes_a_text(
    agent: AgentProcess, broker: Broker, tmp_path: Path
) -> None:
    texts = tmp_path / "texts"
    command = program(tmp_path, f"import sys; open({str(texts)!r}, 'a').write(sys.stdin.read())")
    agent.config = tmp_path / "agent.toml"
    agent.config.write_text(f"fallback = {command}\n")
    broker.server.kill()
    agent.start("import device_agent.text_fallback as f; f.FIRST_S = 0.5")
    agent.press()
    wait_until(lambda: len(lines(texts)) == 1, "the text")
    read = panic_text.from_text(lines(texts)[0])
    assert read.device == DEVICE
    assert read.panic_id == agent.ask()["panics"][0]["panic_id"]
