"""A program that gets texts on its standard input, one after the other; a thread's work."""

import subprocess
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from runtime import logs
from runtime.lifecycle import Stopping

TIMEOUT_S = 120.0
"""A modem that has to register first takes a minute."""
BEAT_S = 1.0

Ended = Callable[[str, bool], None]
"""Told of a text's key, and whether the program took it."""

_log = logs.get(__name__)


class TextProgram:
    """Runs the program for each text."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        ended: Ended,
        *,
        stopping: Stopping,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._name = name
        self._command = tuple(command)
        self._ended = ended
        self._stopping = stopping
        self._beat = beat
        self._texts: SimpleQueue[tuple[str, str]] = SimpleQueue()

    def give(self, key: str, text: str) -> None:
        """Hand over a text; any thread may call."""
        self._texts.put((key, text))

    def run(self) -> None:
        """Run the program for each text until the process ends."""
        while not self._stopping.is_set():
            self._beat()
            try:
                key, text = self._texts.get(timeout=BEAT_S)
            except Empty:
                continue
            self._ended(key, self._run(text))

    def _run(self, text: str) -> bool:
        try:
            subprocess.run(  # noqa: S603 - the owner of the settings names the program
                self._command, input=text.encode() + b"\n", timeout=TIMEOUT_S, check=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            _log.error("program_failed", program=self._name, reason=str(error))
            return False
        _log.info("program_took", program=self._name, characters=len(text))
        return True


def ignored(key: str, ok: bool) -> None:  # noqa: FBT001 - as `Ended` has it
    """Take no notice of how it went."""
    del key, ok
