"""What crosses the MQTT door: settings, values, and the callbacks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from msgspec import Struct

from runtime.mqtt.backoff import LONGEST_S

MAX_16_BITS = 2**16 - 1
MAX_32_BITS = 2**32 - 1
CONNECT_TIMEOUT_S = 10.0
"""TCP, TLS, CONNACK: 3 to 5 s over 2G at its worst; twice that is a broker that says nothing."""


@dataclass(frozen=True, kw_only=True)
class LinkSettings:
    """How to reach the brokers and what to ask of them."""

    brokers: tuple[str, ...]
    """`mqtt://host:port` or `mqtts://host:port`, in order of preference."""
    client_id: str
    ca_file: Path | None
    """Who may certify brokers; None means the system's authorities."""
    cert_file: Path | None
    key_file: Path | None
    username: str | None
    password: str | None = field(repr=False)
    keepalive_s: int
    """A dead connection is noticed after at most twice this; 0 never."""
    session_expiry_s: int
    """How long the broker keeps messages for a client that is away."""
    receive_maximum: int
    """How many messages the broker sends ahead of their acknowledgement, 1 to 65535."""
    send_buffer: int | None
    """SO_SNDBUF, bytes: what lies in it cannot be overtaken. None leaves it to the system."""
    clean_start: bool = False
    not_before: datetime | None = None
    """The build date: while the host's clock is before it, certificates' dates are not checked."""
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    """TCP, TLS and CONNACK together; and then the longest silence before SUBACK."""
    longest_pause_s: float = LONGEST_S
    """Between two attempts to connect."""
    bulk: bool = False
    """Thousands of messages a second are to come: our own client instead of paho, which reads
    every 5 ms all that has come."""

    def __post_init__(self) -> None:
        """Refuse what MQTT has no room for."""
        if not 1 <= self.receive_maximum <= MAX_16_BITS:
            raise ValueError(f"receive_maximum is 1 to {MAX_16_BITS}")
        if not 0 <= self.keepalive_s <= MAX_16_BITS:
            raise ValueError(f"keepalive_s is 0 to {MAX_16_BITS}")
        if not 0 <= self.session_expiry_s <= MAX_32_BITS:
            raise ValueError(f"session_expiry_s is 0 to {MAX_32_BITS}")


@dataclass(frozen=True, slots=True)
class Up:
    """A connection stands and its subscriptions are made."""

    connection: int
    session_present: bool
    broker: str


class Incoming(Struct, frozen=True, gc=False):
    """A message as it arrived; `packet` is 0 for one that wants no acknowledgement (QoS 0)."""

    topic: str
    payload: bytes
    retain: bool
    connection: int
    packet: int


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes (QoS 1, at once) when a connection ends without DISCONNECT."""

    topic: str
    payload: bytes
    retain: bool

    def __post_init__(self) -> None:
        """Refuse what no broker would take."""
        if not self.topic or set(self.topic) & set("+#"):
            raise ValueError(f"{self.topic!r} is no topic for a will")
        if len(self.payload) > MAX_16_BITS:
            raise ValueError(f"a will has at most {MAX_16_BITS} bytes")


class _AnyHandler(Protocol):
    """Called on the network thread, never two at once, holding no lock: so never block in it.

    For each connection: `on_up`, any number of messages and `on_puback`, `on_down`. An
    exception is logged and counted, and the loop goes on; the message that caused it stays
    unacknowledged and comes again on a later connection.
    """

    def on_up(self, up: Up) -> None:
        """Repeat what was not confirmed: nothing is queued across connections."""

    def on_down(self, connection: int, reason: str) -> None:
        """Forget the packets of this connection: no acknowledgement will come for them."""

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        """Hear that the broker has the message (it may lose it yet), or why it refused it.

        It may come before `Link.publish` has returned the packet on another thread.
        """


class LinkHandler(_AnyHandler, Protocol):
    """Takes one message at a time."""

    def on_message(self, message: Incoming) -> None:
        """Pass it on; `Link.acknowledge` in the order of arrival, when it is safe."""


@runtime_checkable
class BulkHandler(_AnyHandler, Protocol):
    """Takes all messages of one read together."""

    def on_messages(self, messages: Sequence[Incoming]) -> None:
        """Pass them on, as `LinkHandler.on_message`; when it fails none of them was taken."""
