"""What a channel is: a name, what it takes, and one way out."""

from typing import Protocol

from dispatcher.message import Message
from dispatcher.routing import Route


class Channel(Protocol):
    """One way out. Used by one thread; what it raises is tried again."""

    @property
    def route(self) -> Route:
        """Return its name, and what it takes."""

    def send(self, message: Message) -> None:
        """Send, and return when the other side has it.

        Raises:
            TransientError: it may work later.
            PermanentError: somebody has to change something; it is still tried again, rarely.
        """
