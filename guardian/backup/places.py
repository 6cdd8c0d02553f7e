"""Where the parts of an installation are: backed up from there, restored to there."""

from dataclasses import dataclass
from pathlib import Path

_SQLITE = "sqlite:///"


@dataclass(frozen=True, kw_only=True)
class Places:
    """None, or nothing: that part is left alone.

    `settings` are files and folders of a backup; a restore puts all of them below the one folder.
    """

    database_url: str | None = None
    pki: Path | None = None
    broker: Path | None = None
    settings: tuple[Path, ...] = ()
    dead_letters: Path | None = None
    telemetry: Path | None = None


def sqlite_path(url: str) -> Path | None:
    """Return the file of an SQLite database, None for a PostgreSQL server."""
    return Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None
