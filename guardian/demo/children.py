"""The demo's processes: started together, watched, and ended together whatever happens."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.errors import GuardianError
from guardian.demo import leash

STOP_S = 5.0
"""How long a process may take to end in order; its own loops take at most a second."""
TAIL_LINES = 15
LOG_SETTINGS = ("GUARDIAN_LOG_LEVEL", "GUARDIAN_LOG_FORMAT")


class ChildEndedError(GuardianError):
    """One of Guardian's processes ended by itself; its last words say why."""


@dataclass(frozen=True)
class Child:
    """One process and the file that it logs to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def last_words(self) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:])


class Children:
    """All processes of one run, logging into `folder`. They end with us, even if we are killed."""

    def __init__(self, folder: Path, *, temporary: bool = False) -> None:
        """Take the folder; a temporary one is removed if we are killed."""
        self._folder = folder
        self._temporary = temporary
        self._children: list[Child] = []
        self._leash: subprocess.Popen[bytes] | None = None

    def start(
        self, name: str, command: Sequence[str | Path], environment: Mapping[str, str] | None = None
    ) -> Child:
        """Start a program outside our process group: Ctrl-C reaches it through us alone."""
        self._leash = self._leash or self._put_on_leash()
        log = self._folder / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - our own programs
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=_inherited() | dict(environment or {}),
                process_group=self._leash.pid,
            )
        child = Child(name, process, log)
        self._children.append(child)
        return child

    def guardian(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> Child:
        """Start one of Guardian's own commands."""
        return self.start(name, [sys.executable, "-m", "guardian", *arguments], environment)

    def find(self, name: str) -> Child:
        """Return the process that was started last under this name."""
        return next(child for child in reversed(self._children) if child.name == name)

    def check(self) -> None:
        """Find out whether all still run.

        Raises:
            ChildEndedError: one does not.
        """
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                raise ChildEndedError(
                    f"{child.name} ended with code {code}. Its last words:\n{child.last_words()}"
                )

    def kill(self, child: Child) -> None:
        """End one as a power cut does; `check` no longer minds."""
        child.process.kill()
        child.process.wait()
        self._children.remove(child)

    def stop(self) -> None:
        """End all, the last started first; what does not end in time is killed."""
        for child in reversed(self._children):
            if child.process.poll() is None:
                child.process.terminate()
        for child in reversed(self._children):
            try:
                child.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        self._children.clear()
        if self._leash is not None:
            self._leash.communicate(leash.RELEASED)
            self._leash = None

    def _put_on_leash(self) -> subprocess.Popen[bytes]:
        folders = [str(self._folder)] if self._temporary else []
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-IS", leash.__file__, *folders],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )


def _inherited() -> dict[str, str]:
    """Return our environment without a user's own settings, but for those of the log."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in LOG_SETTINGS
        or not name.startswith(("GUARDIAN_", "INFLUXDB_V2_", "NOTIFY_SOCKET", "WATCHDOG_"))
    }
