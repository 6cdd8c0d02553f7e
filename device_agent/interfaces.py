"""What the working loop asks of the threads beside it, so that tests can stand in for them."""

from typing import Protocol

from device_agent.feedback.choice import Signal
from device_agent.outbox import Changes
from runtime.mqtt.interface import Incoming


class LinkPort(Protocol):
    """What the tracker asks of the link; see `runtime.mqtt.link.Link`."""

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None
    ) -> int:
        """Send and return the packet id."""

    def acknowledge(self, message: Incoming) -> bool:
        """Acknowledge."""

    def drop(self, reason: str) -> None:
        """Give the connection up."""

    def hurry(self) -> None:
        """While there is no connection: try to make one now."""

    @property
    def on_first(self) -> bool:
        """Whether the connection is to the broker that comes first."""

    def return_to_first(self) -> None:
        """Leave another broker for the first one, if that answers again."""


class FeedbackPort(Protocol):
    """What the tracker asks of lights and buzzers; see `device_agent.feedback.player.Player`."""

    def show(self, signal: Signal | None) -> None:
        """Play this from now on; None: be still."""


class TextPort(Protocol):
    """Another way out for a panic; see `device_agent.text_fallback.TextProgram`."""

    def give(self, panic_id: str, text: str) -> None:
        """Take the panic as text; `TextGiven` says later how it went."""


class DiskPort(Protocol):
    """What the tracker asks of the disk; see `device_agent.writer.OutboxWriter`."""

    def save_press(self, change: Changes) -> None:
        """Write at once."""

    def save(self, change: Changes) -> None:
        """Write soon."""
