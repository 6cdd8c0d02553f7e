"""An SQLite file as it lies there: found out from its first bytes and its rights, never opened."""

import os
from collections.abc import Iterator
from pathlib import Path

from guardian.doctor.finding import Finding, fault, ok

_MAGIC = b"SQLite format 3\x00"
_WRITE_VERSION = 18
_WAL = 2
"""https://sqlite.org/fileformat2.html, 1.3.3: 2 stands for write-ahead logging."""
_OTHERS = 0o077
_OWNER_WRITES = 0o200


def examine(name: str, path: Path, remedy: str) -> Iterator[Finding]:
    """Yield the faults of a file, or that it has none; `remedy` is for a damaged one."""
    try:
        with path.open("rb") as file:
            head = file.read(_WRITE_VERSION + 1)
        mode = path.stat().st_mode
    except OSError as error:
        says = f"cannot be read: {(error.strerror or str(error)).lower()}"
        yield fault(name, path, says, f"ls -l {path.parent}; run the doctor as its owner")
        return
    found = [*_rights(name, path, mode), *_form(name, path, head, remedy)]
    yield from found or [ok(name, path, "WAL, writable, its owner's alone")]


def missing(path: Path) -> bool:
    """Say whether there is no such file; one that cannot be looked at is there."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def unreadable_or_empty(path: Path) -> bool:
    """Say whether there is nothing that could be asked; `examine` has said why."""
    try:
        with path.open("rb") as file:
            return not file.read(1)
    except OSError:
        return True


def _rights(name: str, path: Path, mode: int) -> Iterator[Finding]:
    if mode & _OTHERS:
        yield fault(name, path, "can be read by others than its owner", f"chmod 600 {path}*")
    if _mounted_read_only(path):
        says = "lies on a file system that is read-only"
        yield fault(name, path, says, f"dmesg | tail; then: mount -o remount,rw {_mount(path)}")
    elif not mode & _OWNER_WRITES:
        yield fault(name, path, "its owner may not write it", f"chmod 600 {path}*")
    elif not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        says = "may not be written by the user who runs the doctor"
        yield fault(name, path, says, f"sudo guardian doctor; or chown guardian: {path}*")


def _form(name: str, path: Path, head: bytes, remedy: str) -> Iterator[Finding]:
    if not head:
        yield fault(name, path, "is empty", f"just started? look again; else: {remedy}")
    elif not head.startswith(_MAGIC):
        yield fault(name, path, "is no SQLite database, or damaged", remedy)
    elif head[_WRITE_VERSION:] != bytes([_WAL]):
        says = "is not in WAL mode: a reader keeps writers waiting"
        yield fault(name, path, says, f"sqlite3 {path} 'PRAGMA journal_mode=WAL'")


def _mounted_read_only(path: Path) -> bool:
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def _mount(path: Path) -> Path:
    found = path.absolute()
    while not found.is_mount():
        found = found.parent
    return found
