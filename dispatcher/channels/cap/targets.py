"""Where CAP messages are put: a folder, a webhook, or an Atom feed."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from contract.errors import TransientError
from dispatcher.channels.cap.feed import Feed
from dispatcher.channels.cap.thread import Sent
from dispatcher.channels.posting import Poster
from runtime.clock import Clock

CONTENT_TYPE: Final = "application/cap+xml; charset=utf-8"
_MODE: Final = 0o640
"""A message may say where somebody is: not for all users of the machine."""


class FileNotWrittenError(TransientError):
    """The folder or file of the channel cannot be written; see the channel's `folder` or `feed`."""


class Target(Protocol):
    """Takes messages; returns when they are safe there."""

    def put(self, said: Sent, written: bytes) -> None:
        """Take a message; the same identifier may come again.

        Raises:
            TransientError, PermanentError: it was not taken.
        """


class FolderTarget:
    """A file for each message, named by its identifier; whoever reads the folder may remove it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, said: Sent, written: bytes) -> None:
        """Write the file; it appears whole or not at all."""
        write_file(self._folder / f"{said.identifier}.xml", written)


class FeedTarget:
    """An Atom file with the newest message of each incident, for a web server to serve."""

    def __init__(self, path: Path, sender: str, clock: Clock) -> None:
        self._path = path
        self._sender = sender
        self._clock = clock

    def put(self, said: Sent, written: bytes) -> None:
        """Write the feed anew with this message in it."""
        try:
            old = self._path.read_bytes()
        except FileNotFoundError:
            old = b""
        except OSError as error:
            raise FileNotWrittenError(f"{self._path}: {error.strerror}") from error
        feed = Feed(self._sender, old)
        feed.add(said, written, self._clock.now_ms())
        write_file(self._path, feed.written())


class PostTarget:
    """A webhook that takes CAP."""

    def __init__(self, poster: Poster) -> None:
        self._poster = poster

    def put(self, said: Sent, written: bytes) -> None:
        """Post the message; raises what `Poster.post` does."""
        self._poster.post(said.identifier, written, CONTENT_TYPE)


def write_file(path: Path, written: bytes) -> None:
    """Write a file that appears whole or not at all, and survives a power cut.

    Raises:
        FileNotWrittenError: it cannot be.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
        with os.fdopen(number, "wb") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise FileNotWrittenError(f"{path}: {error.strerror}") from error
