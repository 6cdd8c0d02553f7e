"""Who runs on this machine and what they hold open, as Linux shows it in /proc."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """One process."""

    pid: int
    name: str
    command: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"


def running(proc: Path = PROC) -> Iterator[Process]:
    """Yield every process but ourselves; nothing where there is no /proc."""
    for folder in sorted(proc.glob("[0-9]*")):
        try:
            name = (folder / "comm").read_text(encoding="utf-8", errors="replace").strip()
            raw = (folder / "cmdline").read_bytes()
        except OSError:
            continue  # it has ended meanwhile
        if int(folder.name) != os.getpid():
            command = raw.replace(b"\0", b" ").decode("utf-8", "replace").strip()
            yield Process(int(folder.name), name, command)


def holders(path: Path, proc: Path = PROC) -> list[Process]:
    """Return who has a device open; of other users' processes only root is told."""
    try:
        wanted = path.stat()
    except OSError:
        return []
    return [each for each in running(proc) if _holds(proc / str(each.pid), wanted)]


def _holds(folder: Path, wanted: os.stat_result) -> bool:
    try:
        descriptors = list((folder / "fd").iterdir())
    except OSError:
        return False
    for each in descriptors:
        try:
            found = each.stat()
        except OSError:
            continue
        if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
            return True
    return False
