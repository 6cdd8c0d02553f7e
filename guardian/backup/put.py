"""Putting restored files in their places: whole or not at all, with their modes and owners."""

import grp
import os
import pwd
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

from guardian.backup.errors import TargetError
from guardian.backup.manifest import Member
from guardian.backup.sqlite_file import BESIDE

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PUBLIC_FOLDER = 0o755
_PRIVATE_FOLDER = 0o700


@dataclass
class Putter:
    """Puts files; remembers what it did and what the operator must know. `aside` names a suffix."""

    aside: str
    notes: list[str] = field(default_factory=list)

    def tree(
        self, members: Iterable[Member], content: Callable[[Member], Path], root: Path
    ) -> None:
        """Put the members of a part below a folder; their folders' own modes come last.

        Raises:
            OSError: the disk does not take one.
        """
        members = list(members)
        folders = [each for each in members if each.kind == "folder"]
        made = [each for each in folders if not (root / each.inner).is_dir()]
        for each in folders:
            (root / each.inner).mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        for each in members:
            if each.kind == "file":
                self.file(each, content(each), root / each.inner)
        for each in reversed(made):
            (root / each.inner).chmod(each.mode)
            self._give(each, root / each.inner)

    def file(self, member: Member, content: Path, target: Path) -> None:
        """Put one file; a reader or a crash meets all of it or nothing.

        Raises:
            OSError: the disk does not take it.
        """
        target.parent.mkdir(mode=_PUBLIC_FOLDER, parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{token_hex(4)}")
        try:
            with os.fdopen(os.open(draft, _NEW_FILE, 0o600), "wb") as file:
                with content.open("rb") as source:
                    shutil.copyfileobj(source, file)
                file.flush()
                os.fsync(file.fileno())
            self._give(member, draft)
            draft.chmod(member.mode)
            draft.rename(target)
        finally:
            draft.unlink(missing_ok=True)
        _sync(target.parent)

    def set_aside(self, target: Path) -> None:
        """Move a file, with what SQLite keeps beside it, out of the way."""
        for suffix in ("", *BESIDE):
            there = target.with_name(target.name + suffix)
            if there.exists():
                there.rename(target.with_name(f"{target.name}.{self.aside}{suffix}"))
        self.notes.append(f"what was there is now {target}.{self.aside}")

    def empty(self, folder: Path) -> None:
        """Move all that is in a folder into a folder inside; mount points stay, emptied likewise.

        A container's PKI is a volume with others mounted in it: none of them can be moved.
        """
        inside = [each for each in folder.iterdir() if not _was_aside(each)]
        fixed = [each for each in inside if _holds_a_mount(each)]
        for each in fixed:
            self.empty(each)
        movable = [each for each in inside if each not in fixed]
        if not movable:
            return
        kept = folder / self.aside
        kept.mkdir(mode=_PRIVATE_FOLDER)
        for each in movable:
            each.rename(kept / each.name)
        self.notes.append(f"what was there is now in {kept}")

    def _give(self, member: Member, path: Path) -> None:
        """Give it to its owner, where we may and there is one; else it is ours alone."""
        owner, group = _user(member.owner), _group(member.group)
        found = path.stat()
        if (found.st_uid, found.st_gid) == (owner, group):
            return
        if os.geteuid() != 0:
            if found.st_uid != owner:
                self._note_owner(member, "only root can give it away")
            return
        if owner is None or group is None:
            self._note_owner(member, "there is no such user or group here")
            return
        os.chown(path, owner, group)

    def _note_owner(self, member: Member, why: str) -> None:
        note = f"files of {member.owner}:{member.group} now belong to you: {why}"
        if note not in self.notes:
            self.notes.append(note)


def require_free(target: Path, *, replace: bool) -> None:
    """Do nothing where nothing is, or what is may be put aside.

    Raises:
        TargetError: something is there.
    """
    there = [target.with_name(target.name + suffix) for suffix in ("", *BESIDE)]
    found = next((each for each in there if os.path.lexists(each)), None)
    if found is not None and not replace:
        raise TargetError(f"{found} exists; say --replace to put it aside")


def require_empty(folder: Path, *, replace: bool) -> None:
    """Do nothing about a folder that is new or empty, or whose files may be put aside.

    Raises:
        TargetError: something is in it, or it is no folder.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise TargetError(f"{folder} is no folder")
    if folder.is_dir() and _has_files(folder) and not replace:
        raise TargetError(f"{folder} is not empty; say --replace to put aside what is in it")


def _has_files(folder: Path) -> bool:
    """Say whether there is anything but folders, such as mount points, in it."""
    inside = (each for each in folder.iterdir() if not _was_aside(each))
    return any(each.is_symlink() or not each.is_dir() or _has_files(each) for each in inside)


def mount_points() -> frozenset[Path]:
    """Return where something is mounted; a volume of the same disk looks like any other folder."""
    try:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return frozenset()
    octal = re.compile(r"\\([0-7]{3})")
    points = (octal.sub(lambda code: chr(int(code[1], 8)), line.split()[4]) for line in lines)
    return frozenset(map(Path, points))


def _holds_a_mount(path: Path) -> bool:
    if path.is_symlink() or not path.is_dir():
        return False
    whole = path.resolve()
    return any(point.is_relative_to(whole) for point in mount_points())


def _was_aside(path: Path) -> bool:
    return path.name.startswith("before-restore-") or path.name == "lost+found"


def _user(name: str) -> int | None:
    try:
        return int(name) if name.isdecimal() else pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


def _group(name: str) -> int | None:
    try:
        return int(name) if name.isdecimal() else grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
