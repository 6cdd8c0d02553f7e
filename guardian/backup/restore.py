"""From an archive back to an installation: everything is checked before anything is written."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from contract.errors import GuardianError
from dispatcher.store.engine import Database
from dispatcher.store.migrate import known_revisions, upgrade
from guardian.backup import manifest
from guardian.backup.archive import Unpacked
from guardian.backup.errors import (
    DamagedArchiveError,
    NewerArchiveError,
    SourceError,
    TargetError,
)
from guardian.backup.manifest import Manifest, Member, Part
from guardian.backup.places import Places, sqlite_path
from guardian.backup.postgresql import Server
from guardian.backup.put import Putter, require_empty, require_free
from guardian.backup.sqlite_file import settle


@dataclass
class Restored:
    """What was put where, what was left out, and what the operator must know."""

    put: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Step:
    """One part: what may refuse, and what then writes."""

    part: Part
    where: str
    check: Callable[[], None]
    write: Callable[[], None]


def below(folder: Path, places: Places, found: Manifest) -> Places:
    """Return the places with everything else below one folder.

    Raises:
        TargetError: the folder is not empty.
    """
    require_empty(folder, replace=False)
    dumped = any(each.name == manifest.DUMP for each in found.members)
    url = None if dumped else f"sqlite:///{folder.absolute() / manifest.DATABASE}"
    return replace(
        places,
        database_url=places.database_url or url,
        pki=places.pki or folder / "pki",
        broker=places.broker or folder / "broker",
        settings=places.settings or (folder / "settings",),
        dead_letters=places.dead_letters or folder / "dead-letters",
        telemetry=places.telemetry or folder / "telemetry" / "telemetry.db",
    )


def restore(archive: Unpacked, places: Places, now_ms: int, *, replace: bool) -> Restored:
    """Put what is in the archive where `places` says; what has no place there is left out.

    With `replace`, what is there already is put aside, never deleted.

    Raises:
        NewerArchiveError: its database is newer than this program. Nothing was written.
        TargetError, InUseError: a target is not free. Nothing was written.
        BackupError: PostgreSQL's programs refuse; what they said.
    """
    head = archive.manifest
    if head.schema is not None and head.schema not in known_revisions():
        raise NewerArchiveError(f"its database has revision {head.schema}, of a newer Guardian")
    at = datetime.fromtimestamp(now_ms / 1000, UTC)
    putter = Putter(f"before-restore-{at:%Y%m%dT%H%M%SZ}")
    plan = _Plan(archive, places, putter, replace=replace)
    steps = [step for part in head.parts() if (step := plan.step(part)) is not None]
    if not steps:
        raise TargetError("nothing was restored: no option says where anything goes; try --to")
    for step in steps:
        step.check()
    done = Restored(notes=putter.notes)
    for step in steps:
        step.write()
        done.put[step.part] = step.where
    done.left = [part for part in head.parts() if part not in done.put]
    done.notes += _moved(head, places)
    return done


class _Plan:
    """The steps for one archive."""

    def __init__(self, archive: Unpacked, places: Places, putter: Putter, *, replace: bool) -> None:
        self._archive = archive
        self._places = places
        self._putter = putter
        self._replace = replace

    def step(self, part: Part) -> _Step | None:
        """Return what restores a part, None when it has no place."""
        places = self._places
        match part:
            case "database":
                return self._database()
            case "telemetry":
                return self._file(part, places.telemetry) if places.telemetry else None
            case "pki":
                return self._folder(part, places.pki)
            case "broker":
                return self._folder(part, places.broker)
            case "dead-letters":
                return self._scattered(part, places.dead_letters)
            case "settings":
                return self._scattered(part, places.settings[0] if places.settings else None)

    def _database(self) -> _Step | None:
        member = self._one_file("database")
        url = self._places.database_url
        if url is None:
            return None
        path = sqlite_path(url)
        if (path is None) != (member.name == manifest.DUMP):
            raise TargetError(
                "the backup is of PostgreSQL, and the database named is SQLite, or the reverse"
            )
        if path is None:
            return self._server(member, url)
        step = self._file("database", path)
        return _Step(step.part, step.where, step.check, lambda: _then(step.write, url))

    def _server(self, member: Member, url: str) -> _Step:
        server, made_with = Server(url), self._archive.manifest.dumped_with or 0
        aside = self._putter.aside.lower().replace("-", "_") if self._replace else None
        dump = self._archive.file(member)

        def write() -> None:
            if server.restore(dump, made_with, aside=aside):
                self._putter.notes.append(f"what was there is now in the schema {aside}")
            _migrate(url)

        return _Step(
            "database", "PostgreSQL", lambda: server.require_free(replace=self._replace), write
        )

    def _one_file(self, part: Part) -> Member:
        files = [each for each in self._archive.manifest.of(part) if each.kind == "file"]
        if len(files) != 1:
            raise DamagedArchiveError(f"{part}: expected one file, found {len(files)}")
        return files[0]

    def _file(self, part: Part, target: Path) -> _Step:
        member = self._one_file(part)
        folders = [each for each in self._archive.manifest.of(part) if each.name == part]

        def check() -> None:
            require_free(target, replace=self._replace)
            settle(target)

        def write() -> None:
            if target.exists():
                self._putter.set_aside(target)
            self._putter.tree(folders, self._archive.file, target.parent)
            self._putter.file(member, self._archive.file(member), target)

        return _Step(part, str(target), check, write)

    def _folder(self, part: Part, root: Path | None) -> _Step | None:
        if root is None:
            return None
        members = self._archive.manifest.of(part)

        def write() -> None:
            if root.is_dir():
                self._putter.empty(root)
            self._putter.tree(members, self._archive.file, root)

        return _Step(part, str(root), lambda: require_empty(root, replace=self._replace), write)

    def _scattered(self, part: Part, root: Path | None) -> _Step | None:
        """Files among others, each on its own: nothing else in their folders is touched."""
        if root is None:
            return None
        members = self._archive.manifest.of(part)
        targets = [root / each.inner for each in members if each.kind == "file"]

        def check() -> None:
            for target in targets:
                require_free(target, replace=self._replace)
                if part == "dead-letters":
                    settle(target)

        def write() -> None:
            for target in targets:
                if target.exists():
                    self._putter.set_aside(target)
            self._putter.tree(members, self._archive.file, root)

        return _Step(part, str(root), check, write)


def _then(write: Callable[[], None], url: str) -> None:
    write()
    _migrate(url)


def _migrate(url: str) -> None:
    """Bring the database to the tables of this version."""
    database = Database(url)
    try:
        upgrade(database)
    except GuardianError as error:
        raise SourceError(f"the database is restored, but was not migrated: {error}") from error
    finally:
        database.close()


def _moved(head: Manifest, places: Places) -> list[str]:
    """Say what to do when the PKI is not where it was: the broker's files name whole paths."""
    origin, outside = head.origins.get("pki"), head.origins.get("broker")
    if origin is None or places.pki is None:
        return []
    root = places.pki.absolute()
    if outside is None:
        broker = root / "broker"
        in_place = str(root) == origin
    else:
        broker = (places.broker or Path(outside)).absolute()
        in_place = places.broker is not None and str(broker) == outside
    if in_place:
        return []
    command = f"guardian enroll init {root} --broker-dir {broker}"
    return [f"before the broker starts there, run: {command}"]
