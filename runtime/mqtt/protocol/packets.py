"""What a broker can tell us. A message is an `Incoming`; reason codes are those of 2.4."""

from dataclasses import dataclass

from runtime.mqtt.interface import Incoming

CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4
PUBREC, PUBREL, PUBCOMP = 5, 6, 7
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 8, 9, 10, 11
PINGREQ, PINGRESP, DISCONNECT, AUTH = 12, 13, 14, 15
"""The types of 2.1.2."""

NAMES = (
    "reserved", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP",
    "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH",
)  # fmt: skip

MOST_IN_FLIGHT = 65535
"""What holds when the broker states no Receive Maximum (3.2.2.3.3)."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """CONNACK: the connection stands."""

    session_present: bool
    receive_maximum: int = MOST_IN_FLIGHT
    maximum_packet_size: int | None = None
    keepalive_s: int | None = None
    """What the broker asks for instead of what we did."""


@dataclass(frozen=True, slots=True)
class Refused:
    """CONNACK: it does not."""

    code: int


@dataclass(frozen=True, slots=True)
class PublishAnswered:
    """PUBACK: the broker has answered a message of ours."""

    packet: int
    code: int


@dataclass(frozen=True, slots=True)
class Subscribed:
    """SUBACK: one code for each filter."""

    packet: int
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """UNSUBACK: one code for each filter."""

    packet: int
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PingAnswered:
    """PINGRESP."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """DISCONNECT: the broker ends the connection."""

    code: int


Packet = (
    Incoming
    | Accepted
    | Refused
    | PublishAnswered
    | Subscribed
    | Unsubscribed
    | PingAnswered
    | Disconnected
)
