"""The agent's local socket: one JSON line asks, one JSON line answers.

It lies in the state directory (0600), for the agent's own user. What can be asked stands in
`device_agent.answers`.
"""

import socket
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import msgspec

from contract.errors import GuardianError
from device_agent.events import Asked, Event
from runtime import logs
from runtime.lifecycle import Stopping

FILE_NAME = "agent.sock"
MAX_LINE_BYTES = 64 * 1024
"""Far above any question; an answer lists every press that is kept."""
TIMEOUT_S = 2.0
"""The agent's working loop answers in milliseconds; nobody may keep the socket for longer."""
ACCEPT_S = 1.0
"""How often the thread comes round while nobody asks."""

_log = logs.get(__name__)


class AgentNotRunningError(GuardianError):
    """No agent runs with this state directory."""


class AgentAnswerError(GuardianError):
    """The agent does not answer as it should."""


class LocalSocket:
    """The agent's side."""

    def __init__(
        self,
        state_dir: Path,
        post: Callable[[Event], None],
        *,
        stopping: Stopping,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Bind the socket; one that an agent left behind when it was killed is replaced.

        Raises:
            OSError: the state directory cannot hold a socket.
        """
        self._path = state_dir / FILE_NAME
        self._post = post
        self._stopping = stopping
        self._beat = beat
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._path))
        self._path.chmod(0o600)
        self._listener.listen()
        self._listener.settimeout(ACCEPT_S)

    def run(self) -> None:
        """Answer until the process ends."""
        while not self._stopping.is_set():
            self._beat()
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with connection:
                self._serve(connection)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(TIMEOUT_S)
        try:
            connection.sendall(msgspec.json.encode(self._answer(_read_line(connection))) + b"\n")
        except OSError as error:
            _log.info("local_client_left", reason=str(error))

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            question = msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.DecodeError as error:
            return {"error": f"expected one JSON object on one line: {error}"}
        answer: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._post(Asked(question, answer))
        try:
            return answer.get(timeout=TIMEOUT_S)
        except Empty:
            return {"error": "the agent is too busy to answer"}


def ask(state_dir: Path, question: dict[str, Any]) -> dict[str, Any]:
    """Ask the agent that runs with this state directory.

    Raises:
        AgentNotRunningError: none does.
        AgentAnswerError: it refused, or did not answer.
    """
    path = state_dir / FILE_NAME
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(2 * TIMEOUT_S)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise AgentNotRunningError(f"no agent runs with {state_dir}") from error
        except OSError as error:
            raise AgentAnswerError(f"{path}: {error.strerror}") from error
        try:
            connection.sendall(msgspec.json.encode(question) + b"\n")
            answer = msgspec.json.decode(_read_line(connection), type=dict[str, Any])
        except (OSError, msgspec.DecodeError) as error:
            raise AgentAnswerError(f"the agent gave no answer: {error}") from error
    if "error" in answer:
        raise AgentAnswerError(str(answer["error"]))
    return answer


def _read_line(connection: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n") and len(line) < MAX_LINE_BYTES:
        part = connection.recv(4096)
        if not part:
            break
        line += part
    return line
