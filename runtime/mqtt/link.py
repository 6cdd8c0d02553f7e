"""The one door to MQTT."""

from collections.abc import Callable, Sequence

from runtime.mqtt.errors import NotConnectedError
from runtime.mqtt.interface import Incoming, LinkHandler, LinkSettings, Up, Will

__all__ = ["Incoming", "Link", "LinkHandler", "LinkSettings", "NotConnectedError", "Up", "Will"]


class Link:
    """One MQTT 5 session, kept up by its own thread."""

    def __init__(
        self,
        settings: LinkSettings,
        handler: LinkHandler,
        *,
        subscriptions: Sequence[str] = (),
        will: Callable[[int], Will] | None = None,
    ) -> None:
        self._settings = settings
        self._handler = handler
        self._subscriptions = tuple(subscriptions)
        self._will = will

    def start(self) -> None:
        """Begin to connect, and keep connected until `stop`."""

    def stop(self, timeout_s: float = 5.0) -> None:
        """Send what waits and DISCONNECT, and end the thread."""

    @property
    def connection(self) -> int | None:
        """The number of the live connection, None while there is none."""
        return None

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None
    ) -> int:
        """Send at QoS 1 and return the packet id.

        Raises:
            NotConnectedError: no connection is up.
        """
        raise NotConnectedError

    def acknowledge(self, message: Incoming) -> bool:
        """Return False, and send nothing, when the message's connection is gone."""
        return False

    def drop(self, reason: str) -> None:
        """Close the connection at once and go to the next broker."""
