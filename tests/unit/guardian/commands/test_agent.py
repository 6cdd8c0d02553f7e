import json
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result

from contract.messages import Command
from device_agent.events import Asked, DiskState, Event, Heard
from device_agent.local_socket import LocalSocket
from guardian.cli import main
from runtime.clock import ManualClock
from runtime.lifecycle import EXIT_SETTINGS, Stopping
from tests.unit.device_agent.fakes import (
    FakeDisk,
    FakeLink,
    epoch,
    fix,
    incoming,
    make_tracker,
    receipt,
)


class Agent:
    """A tracker that answers on the local socket; its working loop is the socket's thread."""

    def __init__(self, state_dir: Path) -> None:
        self.clock = ManualClock()
        self.tracker = make_tracker(self.clock, FakeLink(), FakeDisk())
        self.stopping = Stopping()
        self.receives = True
        local = LocalSocket(state_dir, self.handle, stopping=self.stopping)
        self.thread = Thread(target=local.run)
        self.thread.start()

    def handle(self, event: Event) -> None:
        self.tracker.handle(event)
        if isinstance(event, Asked) and event.question["do"] == "press" and self.receives:
            for press in self.tracker.panics.all():
                self.tracker.handle(incoming("receipt", receipt(press.row.panic_id)))


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agent]:
    monkeypatch.setattr("device_agent.local_socket.ACCEPT_S", 0.05)
    made = Agent(tmp_path)
    yield made
    made.stopping.stop("test")
    made.thread.join(3)


def call(*arguments: str, state_dir: Path | None = None) -> Result:
    where = ["--state-dir", str(state_dir)] if state_dir else []
    return CliRunner().invoke(main, ["agent", *arguments, *where])


def test_status_without_an_agent_says_so(tmp_path: Path) -> None:
    result = call("status", state_dir=tmp_path)
    assert result.exit_code == 1
    assert "no agent runs" in result.output


def test_status_for_human_eyes(agent: Agent, tmp_path: Path) -> None:
    agent.tracker.handle(Heard(epoch(fix(agent.clock)), agent.clock.monotonic()))
    agent.tracker.handle(DiskState(ok=False))
    agent.tracker.step()
    call("test-press", "--wait", "0", state_dir=tmp_path)
    result = call("status", state_dir=tmp_path)
    assert result.exit_code == 0
    for text in ("tracker-a", "not connected", "25.000000 121.500000, 0 s ago", "disk_full"):
        assert text in result.output
    assert "test, 0 s ago: received" in result.output
    assert "the disk refuses" in result.output


def test_status_for_programs(agent: Agent, tmp_path: Path) -> None:
    result = call("status", "--json", state_dir=tmp_path)
    assert json.loads(result.output)["device"] == "tracker-a"


def test_the_state_directory_is_found_through_the_config(agent: Agent, tmp_path: Path) -> None:
    config = tmp_path / "agent.toml"
    config.write_text('device = "tracker-a"\nstate_dir = "."')
    assert call("status", "--config", str(config)).exit_code == 0
    config.write_text("state_dir = 7")
    assert "expected a path" in call("status", "--config", str(config)).output


def test_a_test_press_waits_for_the_receipt(agent: Agent, tmp_path: Path) -> None:
    result = call("test-press", state_dir=tmp_path)
    assert result.exit_code == 0
    assert "received by the dispatcher" in result.output
    assert [press.row.kind for press in agent.tracker.panics.all()] == ["test"]


def test_a_test_press_without_a_receipt_fails(agent: Agent, tmp_path: Path) -> None:
    agent.receives = False
    result = call("test-press", "--wait", "0.2", state_dir=tmp_path)
    assert result.exit_code == 1
    assert "no receipt" in result.output


@pytest.fixture
def _signals_as_before() -> Iterator[None]:
    """Let later tests start processes that do not inherit a blocked SIGUSR1."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.mark.usefixtures("_signals_as_before")
def test_run_with_wrong_settings_names_them_and_exits_78(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARDIAN_DEVICE", "Not A Device")
    result = call("run")
    assert result.exit_code == EXIT_SETTINGS
    assert "GUARDIAN_DEVICE" in result.output
    assert "GUARDIAN_SERIAL_PORT: is required" in result.output


def test_a_call_a_note_and_a_code_reach_the_open_panic(agent: Agent, tmp_path: Path) -> None:
    called = call("call", state_dir=tmp_path)
    assert called.output.startswith("called: ")
    (press,) = agent.tracker.panics.all()
    assert (press.row.kind, press.row.panic_id) == ("call", called.output.split()[-1])
    assert call("note", "third floor", state_dir=tmp_path).exit_code == 0
    assert press.row.note == "third floor"
    where = ["--state-dir", str(tmp_path)]
    typed = CliRunner().invoke(main, ["agent", "cancel", *where], input="0000\n")
    assert typed.output == f"asked to stand down: {press.row.panic_id}\n"
    assert [each.code for each in press.row.codes] == ["0000"]


def test_without_a_panic_a_note_is_refused_in_one_line(agent: Agent, tmp_path: Path) -> None:
    result = call("note", "hello", state_dir=tmp_path)
    assert (result.exit_code, result.output) == (1, "Error: no panic is open\n")


def test_texts_and_messages(agent: Agent, tmp_path: Path) -> None:
    command = Command(
        command_id="0191d2c4-6f1e-7c3a-9d55-0242ac120002", at=1, action="message",
        text="Can you speak?", replies=["yes", "no"],
    )  # fmt: skip
    agent.tracker.handle(incoming("command", command))
    shown = call("messages", state_dir=tmp_path)
    assert "Can you speak?" in shown.output
    assert "- yes" in shown.output
    sent = call("text", "no", "--reply-to", command.command_id, state_dir=tmp_path)
    assert sent.exit_code == 0
    (letter,) = agent.tracker.correspondence.letters.all()
    assert '"reply_to":"0191d2c4' in letter.body
