"""What goes into a backup: read once, under the locks that there are, then measured."""

import grp
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

import msgspec

from broker_config import registry
from broker_config.files import only_one
from broker_config.mosquitto import PID_FILE
from broker_config.pki import PkiFolder
from guardian.backup import manifest, sqlite_file
from guardian.backup.archive import Entry, measured
from guardian.backup.errors import SourceError
from guardian.backup.manifest import MODE_BITS, Manifest, Member
from guardian.backup.places import Places, sqlite_path
from guardian.backup.postgresql import Server

_PASSING = frozenset({"lock", PID_FILE})
"""What a running process keeps beside its files; of another machine it would be a lie."""
_DEAD_LETTERS = "dead-letters-*.db"


@dataclass(frozen=True)
class Gathered:
    """The manifest without its members, and these."""

    head: Manifest
    entries: list[Entry]


def gather(places: Places, scratch: Path, now_ms: int) -> Gathered:
    """Read everything that `places` names; copies of databases go to `scratch`.

    Raises:
        SourceError: something is not there or cannot be read.
        NotInitializedError: the folder of the PKI is none.
    """
    head = Manifest(format=manifest.FORMAT, guardian=manifest.installed(), made_at=now_ms)
    gathered = Gathered(head, [])
    if places.database_url is not None:
        gathered = _database(gathered, places.database_url, scratch)
    if places.pki is not None:
        gathered = _pki(gathered, places.pki)
    entries = list(gathered.entries)
    for path in places.settings:
        entries += _settings(path, without=places.pki)
    if places.dead_letters is not None:
        entries += _dead_letters(places.dead_letters, scratch)
    if places.telemetry is not None:
        entries += _copied(places.telemetry, "telemetry/telemetry.db", scratch)
    if not entries:
        raise SourceError("nothing was named that could be backed up; see --help")
    known: dict[str, Entry] = {each.member.name: each for each in entries}
    return Gathered(gathered.head, list(known.values()))


def _database(gathered: Gathered, url: str, scratch: Path) -> Gathered:
    path = sqlite_path(url)
    if path is not None:
        entries = _copied(path, manifest.DATABASE, scratch)
        schema = sqlite_file.revision(scratch / manifest.DATABASE)
        head = msgspec.structs.replace(gathered.head, schema=schema)
        return Gathered(head, gathered.entries + entries)
    server, target = Server(url), scratch / manifest.DUMP
    target.parent.mkdir(exist_ok=True)
    schema = server.revision()
    made_with = server.dump(target)
    if server.revision() != schema:
        raise SourceError("the database was upgraded during the backup; make it again")
    member = Member(name=manifest.DUMP, mode=0o600, owner=_user(), group=_user())
    head = msgspec.structs.replace(gathered.head, schema=schema, dumped_with=made_with)
    return Gathered(head, [*gathered.entries, measured(member, target)])


def _pki(gathered: Gathered, root: Path) -> Gathered:
    """Read the PKI and, if it lies elsewhere, what the broker reads; no enrolment in between."""
    folder = PkiFolder(root.absolute())
    folder.require_initialized()
    with only_one(folder.lock):
        broker = Path(registry.load(folder.registry).broker.folder)
        entries = _tree(folder.root, "pki")
        origins = {"pki": str(folder.root)}
        if not broker.is_relative_to(folder.root):
            entries += _tree(broker, "broker")
            origins["broker"] = str(broker)
    head = msgspec.structs.replace(gathered.head, origins=origins)
    return Gathered(head, gathered.entries + entries)


def _tree(root: Path, part: str) -> list[Entry]:
    """Read a folder without what passes: locks, drafts that a crash left, what was put aside."""
    entries = [_entry(root, part)]
    for path in _below(root):
        inner = path.relative_to(root)
        hidden = any(
            step.startswith((".", "before-restore-", "lost+found")) for step in inner.parts
        )
        if not hidden and inner.name not in _PASSING:
            entries.append(_entry(path, f"{part}/{inner.as_posix()}"))
    return entries


def _settings(path: Path, *, without: Path | None) -> list[Entry]:
    """Read a settings file, or a folder of them, under its whole path; the PKI is a part alone."""
    whole = Path(os.path.normpath(path.absolute()))
    if not whole.exists():
        raise SourceError(f"there is no {path}")
    above = _entry(whole.parent, f"settings{whole.parent.as_posix()}".rstrip("/"))
    inside = [] if whole.is_file() else _below(whole)
    pki = without.absolute() if without is not None else None
    wanted = [each for each in inside if pki is None or not each.is_relative_to(pki)]
    return [above, *(_entry(each, f"settings{each.as_posix()}") for each in [whole, *wanted])]


def _below(root: Path) -> list[Path]:
    """Return the files and folders below a folder; sockets and pipes are nobody's settings.

    Raises:
        SourceError: a link leads to a folder, whose files would be missing.
    """
    found = sorted(each for each in root.rglob("*") if each.is_file() or each.is_dir())
    for each in found:
        if each.is_symlink() and each.is_dir():
            raise SourceError(f"{each} is a link to a folder: name that folder itself")
    return found


def _dead_letters(folder: Path, scratch: Path) -> list[Entry]:
    found = sorted(folder.glob(_DEAD_LETTERS))
    if not found:
        raise SourceError(f"there are no dead letters ({_DEAD_LETTERS}) in {folder}")
    copied = [_copied(path, f"dead-letters/{path.name}", scratch) for path in found]
    return [entry for entries in copied for entry in entries]


def _copied(source: Path, name: str, scratch: Path) -> list[Entry]:
    """Copy a database; its folder comes along, for SQLite writes beside it."""
    target = scratch / name
    target.parent.mkdir(exist_ok=True)
    sqlite_file.snapshot(source, target)
    folder = _entry(source.absolute().parent, target.parent.name)
    return [folder, measured(_member(source, name), target)]


def _entry(path: Path, name: str) -> Entry:
    try:
        member = _member(path, name)
        return Entry(member) if member.kind == "folder" else measured(member, path.read_bytes())
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error


def _member(path: Path, name: str) -> Member:
    manifest.check_name(name)
    found = path.stat()
    if not (path.is_file() or path.is_dir()):
        raise SourceError(f"{path} is neither a file nor a folder")
    return Member(
        name=name,
        kind="folder" if path.is_dir() else "file",
        mode=found.st_mode & MODE_BITS,
        owner=_owner(found.st_uid),
        group=_group(found.st_gid),
    )


def _user() -> str:
    return _owner(os.geteuid())


def _owner(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
