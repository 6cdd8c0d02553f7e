"""What a channel is: a name, what it takes, and one way out."""

from typing import Protocol

from contract.errors import TransientError
from dispatcher.message import Message
from dispatcher.routing import Route


class NotYetError(TransientError):
    """The channel wants to send this later; no failure."""

    def __init__(self, wait_s: float) -> None:
        """Take how long to wait."""
        super().__init__(f"not before {wait_s:.1f} s from now")
        self.wait_s = wait_s


class Channel(Protocol):
    """One way out. Used by one thread; what it raises is tried again."""

    @property
    def route(self) -> Route:
        """Return its name, and what it takes."""

    def send(self, message: Message) -> None:
        """Send, and return when the other side has it.

        Raises:
            NotYetError: it is too early.
            TransientError: it may work later.
            PermanentError: somebody has to change something; it is still tried again, rarely.
        """
