import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from device_agent.events import Asked, Event
from device_agent.local_socket import (
    FILE_NAME,
    AgentAnswerError,
    AgentNotRunningError,
    LocalSocket,
    ask,
)
from runtime.lifecycle import Stopping


def echo(event: Event) -> None:
    """Answer as a working loop does: with the question."""
    assert isinstance(event, Asked)
    if event.question.get("refuse"):
        event.answer.put({"error": "not today"})
    elif not event.question.get("silent"):
        event.answer.put({"heard": event.question})


@pytest.fixture
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr("device_agent.local_socket.TIMEOUT_S", 0.3)
    monkeypatch.setattr("device_agent.local_socket.ACCEPT_S", 0.05)
    (tmp_path / FILE_NAME).write_text("left behind by one that was killed")
    stopping = Stopping()
    local = LocalSocket(tmp_path, echo, stopping=stopping)
    thread = Thread(target=local.run)
    thread.start()
    yield tmp_path
    stopping.stop("test")
    thread.join(3)
    assert not thread.is_alive()
    assert not (tmp_path / FILE_NAME).exists()


def raw(state_dir: Path, data: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        client.connect(str(state_dir / FILE_NAME))
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return client.recv(10_000)


def test_a_question_is_answered(state_dir: Path) -> None:
    assert ask(state_dir, {"do": "status"}) == {"heard": {"do": "status"}}


def test_only_the_agents_user_may_ask(state_dir: Path) -> None:
    assert stat.S_IMODE((state_dir / FILE_NAME).stat().st_mode) == 0o600


def test_a_refusal_is_an_error_with_its_reason(state_dir: Path) -> None:
    with pytest.raises(AgentAnswerError, match="not today"):
        ask(state_dir, {"refuse": True})


def test_a_working_loop_that_is_busy_is_said_to_be(state_dir: Path) -> None:
    with pytest.raises(AgentAnswerError, match="busy"):
        ask(state_dir, {"silent": True})


@pytest.mark.parametrize(
    "data", [b"\n", b"[]\n", b"{oops\n", b"\xff\xfe\n", b'"text"', b"x" * 70000]
)
def test_what_is_no_question_is_answered_with_an_error(state_dir: Path, data: bytes) -> None:
    assert b"error" in raw(state_dir, data)
    assert ask(state_dir, {"do": "status"}), "and the socket lives"


def test_a_client_that_says_nothing_or_leaves_does_not_stop_it(state_dir: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(str(state_dir / FILE_NAME))
        assert ask(state_dir, {"do": "status"})


def test_without_an_agent_the_error_says_so(tmp_path: Path) -> None:
    with pytest.raises(AgentNotRunningError, match="no agent runs with"):
        ask(tmp_path, {"do": "status"})


def test_a_socket_that_a_killed_agent_left_is_no_agent(tmp_path: Path) -> None:
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    dead.bind(str(tmp_path / FILE_NAME))
    dead.close()
    with pytest.raises(AgentNotRunningError):
        ask(tmp_path, {"do": "status"})
