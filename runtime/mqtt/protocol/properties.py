"""The properties of packets (2.2.2): the standard's table 2-4, as far as a broker sends them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runtime.mqtt.protocol.errors import (
    PropertyMisplacedError,
    PropertyRepeatedError,
    PropertyUnknownError,
    PropertyValueError,
)
from runtime.mqtt.protocol.fields import Fields
from runtime.mqtt.protocol.packets import (
    AUTH,
    CONNACK,
    DISCONNECT,
    PUBACK,
    PUBLISH,
    SUBACK,
    UNSUBACK,
)

SESSION_EXPIRY = 0x11
SERVER_KEEPALIVE = 0x13
RECEIVE_MAXIMUM = 0x21
TOPIC_ALIAS = 0x23
MAXIMUM_PACKET_SIZE = 0x27
MESSAGE_EXPIRY = 0x02


def _byte(fields: Fields) -> int:
    return fields.integer(1)


def _short(fields: Fields) -> int:
    return fields.integer(2)


def _long(fields: Fields) -> int:
    return fields.integer(4)


def _pair(fields: Fields) -> tuple[str, str]:
    return fields.text(), fields.text()


def _any(value: Any) -> bool:
    del value
    return True


def _is_flag(value: int) -> bool:
    return value <= 1


def _is_topic(value: str) -> bool:
    return not set(value) & set("+#")


@dataclass(frozen=True, slots=True)
class _Property:
    read: Callable[[Fields], Any]
    packets: frozenset[int]
    is_valid: Callable[[Any], bool] = _any
    repeats: bool = False


_MESSAGE = frozenset({PUBLISH})
_WELCOME = frozenset({CONNACK})
_NEVER: frozenset[int] = frozenset()  # only a client sends it

_TABLE = {
    0x01: _Property(_byte, _MESSAGE, _is_flag),  # Payload Format Indicator
    MESSAGE_EXPIRY: _Property(_long, _MESSAGE),
    0x03: _Property(Fields.text, _MESSAGE),  # Content Type
    0x08: _Property(Fields.text, _MESSAGE, _is_topic),  # Response Topic
    0x09: _Property(Fields.binary, _MESSAGE),  # Correlation Data
    0x0B: _Property(Fields.variable_integer, _MESSAGE, bool, repeats=True),  # Subscription Id
    SESSION_EXPIRY: _Property(_long, _WELCOME),
    0x12: _Property(Fields.text, _WELCOME),  # Assigned Client Identifier
    SERVER_KEEPALIVE: _Property(_short, _WELCOME),
    0x15: _Property(Fields.text, frozenset({CONNACK, AUTH})),  # Authentication Method
    0x16: _Property(Fields.binary, frozenset({CONNACK, AUTH})),  # Authentication Data
    0x17: _Property(_byte, _NEVER),  # Request Problem Information
    0x18: _Property(_long, _NEVER),  # Will Delay Interval
    0x19: _Property(_byte, _NEVER),  # Request Response Information
    0x1A: _Property(Fields.text, _WELCOME),  # Response Information
    0x1C: _Property(Fields.text, frozenset({CONNACK, DISCONNECT})),  # Server Reference
    0x1F: _Property(  # Reason String
        Fields.text, frozenset({CONNACK, PUBACK, SUBACK, UNSUBACK, DISCONNECT})
    ),
    RECEIVE_MAXIMUM: _Property(_short, _WELCOME, bool),
    0x22: _Property(_short, _WELCOME),  # Topic Alias Maximum
    TOPIC_ALIAS: _Property(_short, _MESSAGE),
    0x24: _Property(_byte, _WELCOME, _is_flag),  # Maximum QoS
    0x25: _Property(_byte, _WELCOME, _is_flag),  # Retain Available
    0x26: _Property(  # User Property
        _pair,
        frozenset({CONNACK, PUBLISH, PUBACK, SUBACK, UNSUBACK, DISCONNECT}),
        repeats=True,
    ),
    MAXIMUM_PACKET_SIZE: _Property(_long, _WELCOME, bool),
    0x28: _Property(_byte, _WELCOME, _is_flag),  # Wildcard Subscription Available
    0x29: _Property(_byte, _WELCOME, _is_flag),  # Subscription Identifier Available
    0x2A: _Property(_byte, _WELCOME, _is_flag),  # Shared Subscription Available
}


def read_properties(fields: Fields, packet: int) -> dict[int, Any]:
    """Read the length and the properties of a packet of this type; of repeated ones the last.

    Raises:
        MalformedPacketError, ProtocolViolationError: as the classes beneath them say.
    """
    inside = fields.part(fields.variable_integer())
    found: dict[int, Any] = {}
    while inside.left():
        identifier = inside.variable_integer()
        kind = _TABLE.get(identifier)
        if kind is None:
            raise PropertyUnknownError(f"0x{identifier:02X}")
        if packet not in kind.packets:
            raise PropertyMisplacedError(f"0x{identifier:02X}")
        value = kind.read(inside)
        if identifier in found and not kind.repeats:
            raise PropertyRepeatedError(f"0x{identifier:02X}")
        if not kind.is_valid(value):
            raise PropertyValueError(f"0x{identifier:02X}")
        found[identifier] = value
    return found
