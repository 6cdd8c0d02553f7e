"""Why ingest gives up."""

from contract.errors import TransientError


class StoppedError(TransientError):
    """The process ends before the store took the rows; unacknowledged, they come again."""
