"""When a channel that fails is said aloud: a pure decision, fed with results and time."""

from typing import Final

FAILING_S: Final = 60.0
"""A receiver's restart is over by then; after it somebody has to know that alerts do not arrive."""
REPEAT_S: Final = 3600.0
"""How often it is said again while nothing gets better."""


class ChannelHealth:
    """One channel; times are monotonic seconds."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._said_at: float | None = None

    @property
    def is_failing(self) -> bool:
        """Say whether the last attempt failed."""
        return self._since is not None

    def failed(self, now: float, *, permanent: bool) -> bool:
        """Take a failure; True when it is to be said aloud.

        At once where somebody has to change something, else after a minute without a success.
        """
        if self._since is None:
            self._since = now
        if self._said_at is not None:
            due = now - self._said_at >= REPEAT_S
        else:
            due = permanent or now - self._since >= FAILING_S
        if due:
            self._said_at = now
        return due

    def succeeded(self) -> bool:
        """Take a success; True when it is to be said aloud, because the failure was."""
        was_said = self._said_at is not None
        self._since = self._said_at = None
        return was_said
