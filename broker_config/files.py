"""Files that a crash leaves whole and that their owner alone may read."""

import fcntl
import os
import shutil
from contextlib import contextmanager
from secrets import token_hex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FILE_MODE = 0o600
_FOLDER_MODE = 0o700
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_atomically(path: "Path", content: bytes, owner: str | None = None) -> None:
    """Write the file so that a reader or a crash meets the old content or the new, never a part.

    Raises:
        OSError: the folder cannot be written, or the file not given to `owner`.
    """
    temporary = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        with os.fdopen(os.open(temporary, _NEW_FILE, _FILE_MODE), "wb") as file:
            if owner is not None:
                shutil.chown(file.fileno(), owner)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def write_if_changed(path: "Path", content: bytes, owner: str | None = None) -> bool:
    """Write the file unless it says so already; return whether it was written."""
    if path.exists() and path.read_bytes() == content:
        return False
    write_atomically(path, content, owner)
    return True


def private_folder(path: "Path", owner: str | None = None) -> None:
    """Make the folder, for its owner alone; one that is there already stays as it is."""
    if path.is_dir():
        return
    path.mkdir(mode=_FOLDER_MODE, parents=True)
    path.chmod(_FOLDER_MODE)
    if owner is not None:
        shutil.chown(path, owner)


@contextmanager
def only_one(lock: "Path") -> "Iterator[None]":
    """Hold the lock file; a second process waits here until the first is done or dead."""
    with os.fdopen(os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _sync_folder(folder: "Path") -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
