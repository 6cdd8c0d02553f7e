"""Every error of the dispatcher, the whole tree in one place."""

from typing import Literal

from contract.errors import PermanentError, TransientError

RefusalReason = Literal[
    "not_acknowledged",
    "already_acknowledged",
    "already_dispatched",
    "already_on_scene",
    "still_open",
    "already_closed",
    "another_open",
    "disposition_missing",
]
"""Why an act on an incident is refused; `REFUSAL_WORDS` has the sentence for each."""

REFUSAL_WORDS: dict[RefusalReason, str] = {
    "not_acknowledged": "a press waits that nobody has acknowledged: acknowledge it first",
    "already_acknowledged": "somebody has already acknowledged it",
    "already_dispatched": "a unit has already been dispatched",
    "already_on_scene": "a unit is already on scene",
    "still_open": "the incident is open",
    "already_closed": "the incident is closed",
    "another_open": "another incident of this tracker is open: go on with that one",
    "disposition_missing": "closing needs a disposition",
}


class RefusedError(PermanentError):
    """The incident's state does not permit this; the reason says why, and who came first."""

    def __init__(
        self,
        reason: RefusalReason,
        *,
        actor: str | None = None,
        at: int | None = None,
        incident: str | None = None,
    ) -> None:
        """Take who brought the incident to where it is, when, or the other incident meant."""
        super().__init__(REFUSAL_WORDS[reason])
        self.reason = reason
        self.actor = actor
        self.at = at
        self.incident = incident


class UnknownIncidentError(PermanentError):
    """There is no incident with this id."""


class UnknownCursorError(PermanentError):
    """The cursor is none that a page of incidents ended with."""


class StoreUnavailableError(TransientError):
    """The incident database cannot be reached or cannot commit; alerts go out from memory."""


class UnstorableError(PermanentError):
    """The incident database does not take a value; it is up, and other values go on."""


class AccountExistsError(PermanentError):
    """There is already an account of this name."""


class UnknownAccountError(PermanentError):
    """There is no account, or no token, of this name."""


class InvalidNameError(PermanentError):
    """The name of an account cannot be shown: it is empty, too long, or not printable."""


class WeakPasswordError(PermanentError):
    """The password is too short to protect where people are."""


class WrongCredentialsError(PermanentError):
    """Name and password do not belong together."""


class TooManyAttemptsError(TransientError):
    """Too many wrong passwords; wait before the next attempt."""

    def __init__(self, retry_after_s: int) -> None:
        """Take how long to wait."""
        super().__init__(f"too many wrong passwords: try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class ForeignSchemaError(PermanentError):
    """A newer version of Guardian has changed this database; start that version."""
