"""The archive: a tar file that begins with its manifest. Nothing in it is believed unchecked."""

import hashlib
import io
import os
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import IO

import msgspec

from guardian.backup import manifest
from guardian.backup.errors import DamagedArchiveError, SourceError, TargetError
from guardian.backup.manifest import Manifest, Member

PIPE = Path("-")
_CHUNK = 1024 * 1024
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class Entry:
    """A member with what it holds: bytes, or a file of ours that nobody else changes."""

    member: Member
    content: bytes | Path = b""


@dataclass(frozen=True)
class Unpacked:
    """An archive whose every member was checked; files lie under their names in `folder`."""

    manifest: Manifest
    folder: Path

    def file(self, member: Member) -> Path:
        """Return where a member's content is."""
        return self.folder / member.name


def measured(member: Member, content: bytes | Path) -> Entry:
    """Return the entry with its size and digest."""
    digest, size = hashlib.sha256(), 0
    with _opened(content) as source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    done = msgspec.structs.replace(member, size=size, sha256=digest.hexdigest())
    return Entry(done, content)


def pack(head: Manifest, entries: list[Entry], target: IO[bytes]) -> Manifest:
    """Write an archive to a file or a pipe; return its manifest.

    Raises:
        OSError: the target does not take it.
        SourceError: a file has become shorter since it was measured.
    """
    complete = msgspec.structs.replace(head, members=tuple(each.member for each in entries))
    text = manifest.write(complete)
    with tarfile.open(fileobj=target, mode="w|") as tar:
        made_at = head.made_at // 1000
        for name, body in ((manifest.NAME, text), (manifest.DIGEST_NAME, _digest_line(text))):
            own = Member(name=name, mode=0o600, owner="root", group="root", size=len(body))
            tar.addfile(_header(own, made_at), io.BytesIO(body))
        for each in entries:
            with _opened(each.content) as source:
                try:
                    tar.addfile(_header(each.member, made_at), source)
                except OSError as error:
                    if "unexpected end of data" in str(error):
                        raise SourceError(f"{each.member.name} became shorter") from error
                    raise
    return complete


def unpack(source: IO[bytes], folder: Path | None) -> Unpacked:
    """Read an archive, check every member, and leave the files in `folder` (None: only check).

    Raises:
        DamagedArchiveError, NewerArchiveError: nothing in it may be used.
        OSError: the folder does not take it.
    """
    try:
        with tarfile.open(fileobj=source, mode="r|") as tar:
            rest = iter(tar)
            text = _own(tar, next(rest, None), manifest.NAME)
            if _own(tar, next(rest, None), manifest.DIGEST_NAME) != _digest_line(text):
                raise DamagedArchiveError("its manifest was changed or damaged")
            head = manifest.read(text)
            for member in head.members:
                _take(tar, next(rest, None), member, folder)
            surplus = next(rest, None)
            if surplus is not None:
                raise DamagedArchiveError(f"{surplus.name[:80]!r} is not in its manifest")
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise DamagedArchiveError(f"the archive cannot be read: {error}") from error
    return Unpacked(head, folder or Path())


@contextmanager
def new_archive(path: Path, *, replace: bool) -> Iterator[IO[bytes]]:
    """Open an archive to be written: 0600, under its name only when it is whole and on disk.

    Raises:
        TargetError: there is one of this name, or a terminal would be written to.
    """
    if path == PIPE:
        if sys.stdout.isatty():
            raise TargetError("an archive is not for a terminal: write it to a file or a pipe")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.exists() and not replace:
        raise TargetError(f"{path} exists; choose another name, or say --replace")
    draft = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, _NEW_FILE, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def given_archive(path: Path) -> Iterator[IO[bytes]]:
    """Open an archive to be read; `-` is a pipe."""
    if path == PIPE:
        yield sys.stdin.buffer
        return
    with path.open("rb") as file:
        yield file


def _header(member: Member, made_at: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(member.name)
    header.type = tarfile.DIRTYPE if member.kind == "folder" else tarfile.REGTYPE
    header.mode, header.size, header.mtime = member.mode, member.size, made_at
    header.uname, header.gname = member.owner, member.group
    return header


@contextmanager
def _opened(content: bytes | Path) -> Iterator[IO[bytes]]:
    if isinstance(content, bytes):
        yield io.BytesIO(content)
        return
    with content.open("rb") as file:
        yield file


def _own(tar: tarfile.TarFile, found: tarfile.TarInfo | None, name: str) -> bytes:
    """Return one of the two members that speak of the archive itself."""
    if found is None or found.name != name or found.type != tarfile.REGTYPE:
        raise DamagedArchiveError(f"it is no backup of Guardian's: it has no {name}")
    if found.size > manifest.MAX_BYTES:
        raise DamagedArchiveError(f"its {name} is too large")
    content = tar.extractfile(found)
    return b"" if content is None else content.read()


def _digest_line(text: bytes) -> bytes:
    """Return what `sha256sum -c` takes."""
    return f"{hashlib.sha256(text).hexdigest()}  {manifest.NAME}\n".encode()


def _take(
    tar: tarfile.TarFile, found: tarfile.TarInfo | None, member: Member, folder: Path | None
) -> None:
    """Check one member against the manifest; a link or device is never what it names."""
    if found is None:
        raise DamagedArchiveError(f"{member.name} is missing: the archive is cut off")
    kind = tarfile.DIRTYPE if member.kind == "folder" else tarfile.REGTYPE
    if found.name.rstrip("/") != member.name or found.type != kind or found.size != member.size:
        raise DamagedArchiveError(f"{found.name[:80]!r} is not what its manifest says")
    if member.kind == "folder":
        if folder is not None:
            (folder / member.name).mkdir(mode=0o700, parents=True, exist_ok=True)
        return
    content = tar.extractfile(found)
    if content is None or _copy(content, member, folder) != member.sha256:
        raise DamagedArchiveError(f"{member.name} was changed or damaged: its digest differs")


def _copy(content: IO[bytes], member: Member, folder: Path | None) -> str:
    target = Path(os.devnull) if folder is None else folder / member.name
    if folder is not None:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as file:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()
