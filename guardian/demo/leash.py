"""Ends the demo's processes, and removes its folder, when the demo itself was killed.

A program of its own, without any import of Guardian's: it must come up at once. Its process group
holds the processes; its standard input is a pipe whose other end only the demo has.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

RELEASED = b"released"
"""What the demo writes when it has ended everything itself."""
REMOVE_S = 5.0
"""How long files may still appear in the folder; a killed process is gone in milliseconds."""
POLL_S = 0.05


def main(folders: list[str]) -> None:
    """Wait for the demo's end; without a word from it, kill the group and remove the folders."""
    if sys.stdin.buffer.read() == RELEASED:
        return
    group = os.getpgrp()
    if os.fork():
        signal.pause()  # the group keeps its number as long as we are in it
    os.setsid()
    os.killpg(group, signal.SIGKILL)
    for folder in map(Path, folders):
        _remove(folder)


def _remove(folder: Path) -> None:
    end = time.monotonic() + REMOVE_S
    while folder.exists() and time.monotonic() < end:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(POLL_S)


if __name__ == "__main__":
    main(sys.argv[1:])
