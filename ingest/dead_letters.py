"""What could not be stored, kept for people to look at: an SQLite file that cannot grow for ever.

It holds raw messages, positions among them, so only its owner may read it.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from ingest.reading import DeadLetter
from runtime import logs

FILES = "dead-letters-{}.db"
"""The name of a worker's file; the blank is for its GUARDIAN_INSTANCE."""
MAX_LETTERS = 10_000
"""All together: 80 MB when every one is as large as the contract allows."""
MAX_OF_A_TRACKER = 200
"""So that one broken tracker does not push out what the others left."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE,
    device TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL,
    reason TEXT NOT NULL, detail TEXT NOT NULL, at INTEGER NOT NULL, times INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS letter_device ON letter (device, id);
CREATE INDEX IF NOT EXISTS letter_at ON letter (at);
"""
_INSERT = (
    "INSERT INTO letter (digest, device, topic, payload, reason, detail, at, times)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, 1)"
    " ON CONFLICT (digest) DO UPDATE SET at = excluded.at, times = times + 1"
)
_TRIM_TRACKER = (
    "DELETE FROM letter WHERE id IN"
    " (SELECT id FROM letter WHERE device = ? ORDER BY id DESC LIMIT -1 OFFSET ?)"
)
_SELECT = "SELECT id, device, topic, payload, reason, detail, at, times FROM letter "
_TRIM = "DELETE FROM letter WHERE id IN (SELECT id FROM letter ORDER BY id DESC LIMIT -1 OFFSET ?)"

_log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class KeptLetter:
    """A dead letter in the file: when it came last (ms since 1970), and how often."""

    letter: DeadLetter
    at: int
    times: int
    id: int = field(default=0, compare=False)
    """Its number in this file: later ones came later."""


class DeadLetters:
    """The file. A full disk costs dead letters, never positions."""

    def __init__(
        self,
        path: Path,
        *,
        max_letters: int = MAX_LETTERS,
        max_of_a_tracker: int = MAX_OF_A_TRACKER,
    ) -> None:
        """Open the file and make what is missing.

        Raises:
            OSError, sqlite3.Error: it cannot be opened.
        """
        self._max_letters = max_letters
        self._max_of_a_tracker = max_of_a_tracker
        self._lock = Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_SCHEMA)

    def add(self, letters: Iterable[DeadLetter], now_ms: int) -> bool:
        """Keep the letters, the newest first when there are too many; False when it failed."""
        values = [_values(letter, now_ms) for letter in letters]
        if not values:
            return True
        devices = {(row[1], self._max_of_a_tracker) for row in values}
        try:
            with self._lock:
                self._db.execute("BEGIN IMMEDIATE")
                with self._db:
                    self._db.executemany(_INSERT, values)
                    self._db.executemany(_TRIM_TRACKER, devices)
                    self._db.execute(_TRIM, (self._max_letters,))
        except sqlite3.Error as error:
            _log.error("dead_letters_lost", count=len(values), reason=str(error))
            return False
        return True

    def prune(self, before_ms: int) -> int:
        """Forget letters that came last before a time; return how many."""
        with self._lock:
            return self._db.execute("DELETE FROM letter WHERE at < ?", (before_ms,)).rowcount

    def count(self) -> int:
        """Return how many are kept."""
        with self._lock:
            found: tuple[int] = self._db.execute("SELECT count(*) FROM letter").fetchone()
            return found[0]

    def newest(self, limit: int) -> list[KeptLetter]:
        """Return the newest letters, newest first."""
        return self._read("ORDER BY id DESC LIMIT ?", limit)

    def after(self, id_: int, limit: int) -> list[KeptLetter]:
        """Return the letters that came after one, oldest first; 0 is before all."""
        return self._read("WHERE id > ? ORDER BY id LIMIT ?", id_, limit)

    def find(self, id_: int) -> KeptLetter | None:
        """Return one letter."""
        return next(iter(self._read("WHERE id = ?", id_)), None)

    def settle(self, outcomes: Iterable[tuple[KeptLetter, Sequence[DeadLetter]]]) -> None:
        """Put what still cannot be stored in each letter's place: nothing, itself, or parts of it.

        Raises:
            sqlite3.Error: the file is as it was.
        """
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            with self._db:
                for kept, remaining in outcomes:
                    self._replace(kept, remaining)

    def _replace(self, kept: KeptLetter, remaining: Sequence[DeadLetter]) -> None:
        same = [each for each in remaining if _digest(each) == _digest(kept.letter)]
        for each in same:
            self._db.execute(
                "UPDATE letter SET reason = ?, detail = ? WHERE id = ?",
                (each.reason, each.detail, kept.id),
            )
        if not same:
            self._db.execute("DELETE FROM letter WHERE id = ?", (kept.id,))
        parts = [_values(each, kept.at) for each in remaining if each not in same]
        self._db.executemany(_INSERT, parts)

    def _read(self, condition: str, *values: int) -> list[KeptLetter]:
        with self._lock:
            found = self._db.execute(_SELECT + condition, values).fetchall()
        return [
            KeptLetter(DeadLetter(device or None, *rest), at, times, id_)
            for id_, device, *rest, at, times in found
        ]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()


def _digest(letter: DeadLetter) -> bytes:
    return hashlib.sha256(letter.topic.encode() + b"\0" + letter.payload).digest()


def _values(letter: DeadLetter, now_ms: int) -> tuple[bytes, str, str, bytes, str, str, int]:
    return (
        _digest(letter), letter.device or "", letter.topic, letter.payload, letter.reason,
        letter.detail, now_ms,
    )  # fmt: skip
