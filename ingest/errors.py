"""Why ingest gives up."""

from contract.errors import PermanentError, TransientError


class StoppedError(TransientError):
    """The process ends before the store took the rows; unacknowledged, they come again."""


class StoreClosedError(TransientError):
    """The store takes nothing now; what was not replayed is kept: replay again when it does."""


class NoSuchLetterError(PermanentError):
    """There is no dead letter of this name; `guardian ingest dead-letters list` shows them."""


class LettersUnusableError(TransientError):
    """The file of dead letters cannot be used now: see its permissions and the disk."""


class NoLettersFileError(PermanentError):
    """There is no file of dead letters here: name ingest's folder in GUARDIAN_STATE_DIR."""
