"""Every error that crosses a part's border, the whole tree in one place."""


class GuardianError(Exception):
    """Something went wrong that Guardian has a name for."""


class DecodeError(GuardianError):
    """A message from outside cannot be read; the peer sent it so: count, mark, go on."""

    def __init__(self, field: str, reason: str) -> None:
        """Name the `field` (a path such as `location.lat`, or `payload`) and what was expected."""
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class EncodeError(GuardianError):
    """A message of our own breaks the contract; this is a bug of ours."""


class InvalidIdError(GuardianError):
    """An id does not have the form that the contract demands."""


class TransientError(GuardianError):
    """It may work when it is tried again."""


class PermanentError(GuardianError):
    """Trying again cannot help; somebody has to change something."""
