"""Why the store did not take or give rows; the type says whether a retry can help."""

from contract.errors import PermanentError, TransientError


class RejectedError(PermanentError):
    """The store refused all of these rows for their content; part them to find the bad ones."""


class PartlyStoredError(PermanentError):
    """The store kept the good rows and dropped others without naming them."""

    def __init__(self, reason: str, *, dropped: int | None = None) -> None:
        """Take the store's own words, and how many rows it dropped where it says so."""
        super().__init__(reason)
        self.dropped = dropped


class TooLargeError(PermanentError):
    """The store takes fewer rows at a time; send halves."""


class DeniedError(PermanentError):
    """The store refuses our credentials; an administrator has to give a token or a permission."""


class UnavailableError(TransientError):
    """The store cannot be reached or is overloaded; try again, not before `retry_after_s`."""

    def __init__(self, reason: str, *, retry_after_s: float | None = None) -> None:
        """Take the reason, and the pause that the store itself asked for."""
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class QueryError(PermanentError):
    """The store answered a question with an error of its own; this is a bug of ours."""
