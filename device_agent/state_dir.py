"""The agent's state directory: made, and held by one agent alone."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contract.errors import PermanentError


class AgentAlreadyRunsError(PermanentError):
    """Another agent runs with this state directory."""


class StateDirError(PermanentError):
    """The state directory cannot be made or written."""


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Make the state directory and hold it: two agents would send each other's presses."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path / "agent.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateDirError(f"GUARDIAN_STATE_DIR: {path}: {error.strerror}") from error
    try:
        _lock(lock, path)
        yield
    finally:
        os.close(lock)


def _lock(file: int, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise AgentAlreadyRunsError(f"another agent runs with {path}") from error
