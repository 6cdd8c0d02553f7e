"""A receiver on a pseudo-terminal, as fast as it may talk, and what a process has used."""

import os
import termios
import time
import tty
from collections.abc import Iterable
from pathlib import Path

PIECE_BYTES = 64
"""A USB full-speed packet: what a receiver's bytes arrive in."""


class Terminal:
    """The receiver's side of a pseudo-terminal; `path` is what a reader opens."""

    def __init__(self) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs, termios.TCSANOW)
        self.path = os.ttyname(self._theirs)
        Path(self.path).chmod(0o666)  # gpsd gives up root

    def play(self, epochs: Iterable[bytes], hz: float | None, baud: int | None = None) -> None:
        """Write the epochs at so many a second (None: as fast as they are read).

        Each in one piece, or, with a `baud`, as a line of that rate would bring it.
        """
        begun = time.monotonic()
        for number, epoch in enumerate(epochs):
            due = begun + number / hz if hz else begun
            for start in range(0, len(epoch), PIECE_BYTES if baud else len(epoch)):
                wait_s = due + (start * 10 / baud if baud else 0.0) - time.monotonic()
                if hz and wait_s > 0:
                    time.sleep(wait_s)
                self._write(epoch[start : start + PIECE_BYTES] if baud else epoch)

    def close(self) -> None:
        """Unplug it."""
        os.close(self._ours)
        os.close(self._theirs)

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._ours, data) :]


def cpu_s(pid: int) -> dict[str, float]:
    """Return the processor time (user and system) of a process's threads by name, in seconds."""
    used: dict[str, float] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        name = (task / "comm").read_text().strip()
        used[name] = used.get(name, 0.0) + int((task / "schedstat").read_text().split()[0]) / 1e9
    return used


def memory_mb(pid: int, field: str) -> float:
    """Return `VmHWM` (the peak) or `VmRSS` (resident now) of a process.

    Raises:
        ProcessLookupError: it has ended.
    """
    status = Path(f"/proc/{pid}/status").read_text()
    line = next((each for each in status.splitlines() if each.startswith(field)), None)
    if line is None:
        raise ProcessLookupError(f"{status.split()[1]} has ended")
    return int(line.split()[1]) / 1024
