"""Every reason why a backup is not made or not restored."""

from contract.errors import PermanentError, TransientError


class BackupError(PermanentError):
    """Nothing was written that would pass for a backup or a restored installation."""


class SourceError(BackupError):
    """Something that is to be in the backup is not there or cannot be read."""


class ToolMissingError(BackupError):
    """PostgreSQL is copied by its own programs, and none that fits is installed."""


class DamagedArchiveError(BackupError):
    """The archive is no backup of Guardian's, is cut off, or was changed after it was made."""


class NewerArchiveError(BackupError):
    """A newer Guardian made the archive; install that version and restore with it."""


class TargetError(BackupError):
    """What would be restored has no place to go, or something is there already."""


class InUseError(TransientError):
    """Somebody has the database open; stop every dispatcher (and ingest) first."""
