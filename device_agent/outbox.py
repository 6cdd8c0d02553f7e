"""The outbox: presses and reports in one SQLite file that survives kill -9 and power cuts.

WAL with `synchronous=FULL`: a transaction that has returned is on disk. Used by one thread.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from contract.errors import GuardianError
from contract.messages import Location
from device_agent.backlog import Key
from device_agent.journey import JourneyRow
from device_agent.letters import LetterKey, LetterRow
from device_agent.messages import Message
from device_agent.press import PressRow
from runtime import logs

VERSION = 1
WAL_BYTES = 1024 * 1024
"""The write-ahead log is cut back to this after a checkpoint: a small board's disk is small."""
BUSY_S = 1.0
"""Nobody else writes; somebody who looks with the sqlite3 program may hold a lock that long."""

_SCHEMA = """
CREATE TABLE presses (panic_id TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE reports (
    boot TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (boot, seq)
) STRICT;
CREATE TABLE kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
"""
_LETTERS = """
CREATE TABLE IF NOT EXISTS letters (
    id TEXT NOT NULL, "update" INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (id, "update")
) STRICT
"""
"""Added after version 1, which goes on without it: whoever goes back keeps every press."""
_UNREADABLE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_log = logs.get(__name__)

Row = TypeVar("Row")


class OutboxRefusedError(GuardianError):
    """The disk does not take the outbox: full, read-only or failing."""


class OutboxCorruptError(GuardianError):
    """The outbox file is damaged."""


@dataclass
class Changes:
    """What one transaction writes; None deletes."""

    presses: dict[str, PressRow | None] = field(default_factory=dict)
    reports: dict[Key, bytes | None] = field(default_factory=dict)
    dropped: int | None = None
    place: Location | None = None
    letters: dict[LetterKey, LetterRow | None] = field(default_factory=dict)
    journey: JourneyRow | None = None
    messages: list[Message] | None = None
    scrub: bool = False
    """Whether nothing of what these rows were before may stay on the disk."""

    def __bool__(self) -> bool:
        rows = self.presses or self.reports or self.letters
        values = (self.dropped, self.place, self.journey, self.messages)
        return bool(rows) or any(value is not None for value in values)

    def add(self, later: "Changes") -> None:
        """Take over later changes; where both speak, the later word holds."""
        self.presses.update(later.presses)
        for key, body in later.reports.items():
            if body is None and self.reports.get(key) is not None:
                del self.reports[key]  # never written, so there is nothing to delete either
            else:
                self.reports[key] = body
        self.dropped = self.dropped if later.dropped is None else later.dropped
        self.place = later.place or self.place
        self.letters.update(later.letters)
        self.journey = later.journey or self.journey
        self.messages = self.messages if later.messages is None else later.messages
        self.scrub = self.scrub or later.scrub


@dataclass(frozen=True)
class Kept:
    """What an earlier run left, oldest first."""

    presses: list[PressRow] = field(default_factory=list)
    reports: list[tuple[str, int, bytes]] = field(default_factory=list)
    dropped: int = 0
    place: Location | None = None
    letters: list[LetterRow] = field(default_factory=list)
    journey: JourneyRow | None = None
    messages: list[Message] = field(default_factory=list)


class Outbox:
    """The open file."""

    def __init__(self, path: Path) -> None:
        """Open or make the file.

        Raises:
            OutboxCorruptError: set it aside with `set_aside`, then open anew.
            OutboxRefusedError: the disk does not take it.
        """
        with _named_errors(), ExitStack() as on_failure:
            path.touch(mode=0o600)
            self._connection = sqlite3.connect(
                path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
            on_failure.callback(self._connection.close)
            self._prepare()
            on_failure.pop_all()

    def load(self) -> Kept:
        """Read what is kept; a row that cannot be read is logged and left out.

        Raises:
            OutboxCorruptError, OutboxRefusedError: as above.
        """
        with _named_errors():
            values = dict(self._connection.execute("SELECT name, value FROM kept"))
            reports = self._connection.execute("SELECT boot, seq, body FROM reports ORDER BY rowid")
            return Kept(
                presses=list(self._rows("presses", PressRow)),
                reports=reports.fetchall(),
                dropped=int(values.get("dropped", 0)),
                place=_read("place", values.get("place"), Location),
                letters=list(self._rows("letters", LetterRow)),
                journey=_read("journey", values.get("journey"), JourneyRow),
                messages=_read("messages", values.get("messages"), list[Message]) or [],
            )

    def write(self, changes: Changes) -> None:
        """Write in one transaction; when it returns, the changes are on disk.

        Raises:
            OutboxRefusedError: nothing was written.
            OutboxCorruptError: nothing can be written.
        """
        with _named_errors(), self._connection:  # commits, or rolls back what failed
            self._connection.execute("BEGIN IMMEDIATE")
            self._write(changes)
        if changes.scrub:
            with _named_errors():  # the log still has the rows as they were
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _prepare(self) -> None:
        run = self._connection.execute
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "fullfsync=ON",  # macOS: fsync alone leaves the data in the disk's cache
            "checkpoint_fullfsync=ON",
            f"journal_size_limit={WAL_BYTES}",
            "secure_delete=ON",  # what the holder typed to cancel is overwritten
        ):
            run(f"PRAGMA {pragma}")
        (version,) = run("PRAGMA user_version").fetchone()
        if version == 0:
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={VERSION}; COMMIT;"
            )
        elif version != VERSION:
            raise OutboxCorruptError(f"version {version} of the outbox; expected {VERSION}")
        run(_LETTERS)
        (verdict,) = run("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise OutboxCorruptError(verdict)

    def _write(self, changes: Changes) -> None:
        run, run_many = self._connection.execute, self._connection.executemany
        for panic_id, row in changes.presses.items():
            if row is None:
                run("DELETE FROM presses WHERE panic_id = ?", (panic_id,))
            else:
                run(
                    "INSERT INTO presses VALUES (?, ?)"
                    " ON CONFLICT (panic_id) DO UPDATE SET body = excluded.body",
                    (panic_id, msgspec.json.encode(row)),
                )
        kept = [(*key, body) for key, body in changes.reports.items() if body is not None]
        run_many("INSERT OR IGNORE INTO reports VALUES (?, ?, ?)", kept)
        gone = [key for key, body in changes.reports.items() if body is None]
        run_many("DELETE FROM reports WHERE boot = ? AND seq = ?", gone)
        if changes.dropped is not None:
            run("INSERT OR REPLACE INTO kept VALUES ('dropped', ?)", (b"%d" % changes.dropped,))
        self._write_letters(changes.letters)
        for name in ("place", "journey", "messages"):
            value = getattr(changes, name)
            if value is not None:
                body = msgspec.json.encode(value)
                run("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, body))

    def _write_letters(self, letters: dict[LetterKey, LetterRow | None]) -> None:
        for key, row in letters.items():
            if row is None:
                self._connection.execute('DELETE FROM letters WHERE id = ? AND "update" = ?', key)
            else:
                self._connection.execute(
                    "INSERT OR REPLACE INTO letters VALUES (?, ?, ?)",
                    (*key, msgspec.json.encode(row)),
                )

    def _rows(self, table: Literal["presses", "letters"], kind: type[Row]) -> Iterator[Row]:
        rows = self._connection.execute(f"SELECT body FROM {table} ORDER BY rowid")  # noqa: S608
        for (body,) in rows:
            row = _read(table, body, kind)
            if row is not None:
                yield row


def set_aside(path: Path) -> Path:
    """Rename a damaged outbox, in place of one set aside before; returns its new path."""
    aside = path.with_name(path.name + ".broken")
    for suffix in ("-wal", "-shm"):
        Path(f"{aside}{suffix}").unlink(missing_ok=True)
        with_suffix = Path(f"{path}{suffix}")
        if with_suffix.exists():
            with_suffix.rename(f"{aside}{suffix}")
    if path.exists():
        path.rename(aside)
    return aside


@contextmanager
def _named_errors() -> Iterator[None]:
    """Turn SQLite's errors into ours: damaged, or refused by the disk."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF in _UNREADABLE:
            raise OutboxCorruptError(str(error)) from error
        if isinstance(error, sqlite3.OperationalError):
            raise OutboxRefusedError(str(error)) from error
        raise
    except OSError as error:
        raise OutboxRefusedError(str(error)) from error


def _read(what: str, body: bytes | None, kind: type[Row]) -> Row | None:
    """Return a value; one that cannot be read is logged and left out."""
    try:
        return None if body is None else msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        _log.error("row_unreadable", what=what, reason=str(error))
        return None
