"""What a session asks of MQTT. Two can do it: paho, and our own for many messages a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from runtime.mqtt.protocol.packets import Packet


@dataclass(frozen=True, slots=True)
class Ended:
    """The connection is over, and why."""

    reason: str


Happening = Packet | Ended
"""What a client tells its session; after `Refused`, `Disconnected` and `Ended` comes no more."""


class Client(Protocol):
    """One connection's MQTT, on a stream. No method blocks.

    `publish`, `acknowledge` and what they queue are for any thread; the rest is the network
    thread's.
    """

    unacknowledged: set[int]
    """Packet ids that the broker waits for; whoever acknowledges takes them out before."""

    @property
    def keepalive_s(self) -> int:
        """After so long without a word a PINGREQ is sent; 0: never."""

    def is_full(self) -> bool:
        """Say whether nothing more should be read before something is acknowledged."""

    def read(self) -> Sequence[Happening]:
        """Read what has come."""

    def write(self) -> Sequence[Happening]:
        """Give the stream what is queued."""

    def has_more(self) -> bool:
        """Say whether something is kept back for the next `write`, which should be soon."""

    def look_at_the_clock(self) -> Sequence[Happening]:
        """Keep the connection alive, or notice that it is dead."""

    def publish(self, topic: str, payload: bytes, *, retain: bool, expiry_s: int | None) -> int:
        """Queue a message at QoS 1 and return its packet id.

        Raises:
            NotConnectedError: the connection is gone.
            ValueError: the topic is empty or holds a wildcard.
        """

    def acknowledge(self, packets: Sequence[int]) -> None:
        """Queue their PUBACKs, in this order."""

    def subscribe(self, filters: Sequence[str]) -> int:
        """Queue a SUBSCRIBE and return its packet id."""

    def unsubscribe(self, filters: Sequence[str]) -> int:
        """Queue an UNSUBSCRIBE and return its packet id."""

    def disconnect(self) -> None:
        """Queue the DISCONNECT."""

    def close(self) -> None:
        """Let go of everything."""
