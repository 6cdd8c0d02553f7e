"""Every error of the dispatcher, the whole tree in one place."""

from typing import Literal

from contract.errors import PermanentError, TransientError

RefusalReason = Literal[
    "not_permitted",
    "not_acknowledged",
    "already_acknowledged",
    "already_dispatched",
    "already_on_scene",
    "still_open",
    "already_closed",
    "disposition_missing",
    "note_missing",
    "target_missing",
    "held_by_another",
    "unknown_operator",
    "already_assigned",
    "merged",
    "same_incident",
    "other_class",
    "other_tracker",
    "other_closed",
    "already_transferred",
    "no_transfer",
    "own_transfer",
    "own_jurisdiction",
    "unknown_jurisdiction",
]
"""Why an act on an incident is refused; `REFUSAL_WORDS` has the sentence for each."""

REFUSAL_WORDS: dict[RefusalReason, str] = {
    "not_permitted": "this role may not do that",
    "not_acknowledged": "something waits that nobody has acknowledged: acknowledge it first",
    "already_acknowledged": "somebody has already acknowledged it",
    "already_dispatched": "a unit has already been dispatched",
    "already_on_scene": "a unit is already on scene",
    "still_open": "the incident is open",
    "already_closed": "the incident is closed",
    "disposition_missing": "closing needs a disposition",
    "note_missing": "this needs a note that says what happened",
    "target_missing": "say to whom, to what, or with which incident",
    "held_by_another": "somebody else has it by now",
    "unknown_operator": "nobody of this name may work on incidents",
    "already_assigned": "it is assigned by now",
    "merged": "it was merged into another incident: go on with that one",
    "same_incident": "an incident does not go together with itself",
    "other_class": "a real incident, a test and a canary are never merged",
    "other_tracker": "the incidents of two trackers are linked, not merged: both are followed",
    "other_closed": "the other incident is closed",
    "already_transferred": "a transfer waits to be accepted",
    "no_transfer": "no transfer waits to be accepted",
    "own_transfer": "a transfer is accepted by the other side, not by who asked for it",
    "own_jurisdiction": "it is in this jurisdiction already",
    "unknown_jurisdiction": "no jurisdiction has this id",
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


class UnknownChannelError(PermanentError):
    """There is no channel of this name that can be tested."""


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


class UnusableCodeError(PermanentError):
    """A holder's code is too short or too long to type, or the two are the same."""


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


class IncidentBusyError(TransientError):
    """Another transaction holds the incident; it is looked at again in a second."""


class ForeignSchemaError(PermanentError):
    """A newer version of Guardian has changed this database; start that version."""
