"""Room on the disks on which something is kept."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from guardian.doctor.finding import Finding, fault, ok, warning

FULL_BYTES = 64 * 1024 * 1024
"""Databases and their logs grow by tens of megabytes before anybody can come."""
LOW_BYTES = 2 * 1024**3
LOW_SHARE = 0.1
"""A small disk is low at a tenth of it, a large one at 2 GiB."""
FULL_INODES = 1_000
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Room:
    """What a file system has, as anybody but root may use it."""

    free_bytes: int
    total_bytes: int
    free_inodes: int | None
    """None: this kind of file system counts none."""


def room(path: Path) -> Room:
    """Return the room on the file system of a folder; OSError when it cannot be looked at."""
    there = os.statvfs(path)
    return Room(
        free_bytes=there.f_bavail * there.f_frsize,
        total_bytes=there.f_blocks * there.f_frsize,
        free_inodes=there.f_favail if there.f_files else None,
    )


def examine(what: str, path: Path, *, written: bool = True) -> Iterator[Finding]:
    """Look at one folder; `written` says whether a process has to write there by itself."""
    about = f"{path} ({what})"
    try:
        found = room(path)
    except FileNotFoundError:
        owner = "install -d -m 700 -o guardian -g guardian"
        yield warning("disk.folder", about, "is not there yet", f"{owner} {path}")
        return
    except OSError as error:
        says = f"cannot be looked at: {(error.strerror or str(error)).lower()}"
        yield fault("disk.folder", about, says, f"ls -ld {path}; run the doctor with sudo")
        return
    if written and not (path.is_dir() and os.access(path, os.W_OK | os.X_OK)):
        says = "is no folder that the user who runs the doctor may write"
        yield fault("disk.folder", about, says, f"ls -ld {path}; run the doctor as its owner")
    yield judge(about, path, found)


def judge(about: str, path: Path, found: Room) -> Finding:
    """Say whether this is enough."""
    free = f"{found.free_bytes // _MB} MB free of {found.total_bytes // _MB}"
    largest = f"du -xh --max-depth=2 {path} | sort -h | tail"
    if found.free_bytes < FULL_BYTES:
        return fault("disk.space", about, f"full: {free}", largest)
    if found.free_inodes is not None and found.free_inodes < FULL_INODES:
        says = f"out of inodes: {found.free_inodes} left"
        return fault("disk.inodes", about, says, f"find {path} -xdev | wc -l")
    if found.free_bytes < min(LOW_BYTES, LOW_SHARE * found.total_bytes):
        return warning("disk.space", about, f"low: {free}", largest)
    return ok("disk.space", about, free)
