"""Reads what a broker answers: CONNACK, PUBACK, SUBACK, UNSUBACK, PINGRESP, DISCONNECT."""

from collections.abc import Callable

from runtime.mqtt.protocol.errors import (
    AcknowledgeFlagsError,
    PacketIdMissingError,
    TruncatedPacketError,
)
from runtime.mqtt.protocol.fields import Fields
from runtime.mqtt.protocol.packets import (
    CONNACK,
    DISCONNECT,
    MOST_IN_FLIGHT,
    PINGRESP,
    PUBACK,
    SUBACK,
    UNSUBACK,
    Accepted,
    Disconnected,
    Packet,
    PingAnswered,
    PublishAnswered,
    Refused,
    Subscribed,
    Unsubscribed,
)
from runtime.mqtt.protocol.properties import (
    MAXIMUM_PACKET_SIZE,
    RECEIVE_MAXIMUM,
    SERVER_KEEPALIVE,
    read_properties,
)

_SUCCESS = 0x00
_OLD_CODES = {1: 0x84, 2: 0x85, 3: 0x88, 4: 0x86, 5: 0x87}
"""Refusals of a broker that speaks only 3.1.1 (its table 3.1), in those of MQTT 5."""


def read_answer(kind: int, fields: Fields) -> Packet:
    """Return the packet of this type, one of `ANSWERS`.

    Raises:
        MalformedPacketError, ProtocolViolationError: as the classes beneath them say.
    """
    packet = ANSWERS[kind](fields)
    fields.finish()
    return packet


def _connack(fields: Fields) -> Packet:
    """3.2; a broker of 3.1.1 ends after the code."""
    flags, code = fields.integer(1), fields.integer(1)
    if flags > 1 or (flags and code):
        raise AcknowledgeFlagsError
    if code in _OLD_CODES and not fields.left():
        return Refused(_OLD_CODES[code])
    found = read_properties(fields, CONNACK)
    if code != _SUCCESS:
        return Refused(_OLD_CODES.get(code, code))
    return Accepted(
        bool(flags),
        receive_maximum=found.get(RECEIVE_MAXIMUM, MOST_IN_FLIGHT),
        maximum_packet_size=found.get(MAXIMUM_PACKET_SIZE),
        keepalive_s=found.get(SERVER_KEEPALIVE),
    )


def _puback(fields: Fields) -> Packet:
    """3.4; code and properties may be left out."""
    packet = _packet_id(fields)
    code = _code(fields, PUBACK)
    return PublishAnswered(packet, code)


def _suback(fields: Fields) -> Packet:
    """3.9."""
    packet = _packet_id(fields)
    read_properties(fields, SUBACK)
    return Subscribed(packet, _codes(fields))


def _unsuback(fields: Fields) -> Packet:
    """3.11."""
    packet = _packet_id(fields)
    read_properties(fields, UNSUBACK)
    return Unsubscribed(packet, _codes(fields))


def _pingresp(fields: Fields) -> Packet:
    """3.13."""
    del fields
    return PingAnswered()


def _disconnect(fields: Fields) -> Packet:
    """3.14; code and properties may be left out."""
    return Disconnected(_code(fields, DISCONNECT))


def _packet_id(fields: Fields) -> int:
    packet = fields.integer(2)
    if not packet:
        raise PacketIdMissingError
    return packet


def _code(fields: Fields, kind: int) -> int:
    code = fields.integer(1) if fields.left() else _SUCCESS
    if fields.left():
        read_properties(fields, kind)
    return code


def _codes(fields: Fields) -> tuple[int, ...]:
    if not fields.left():
        raise TruncatedPacketError
    return tuple(fields.raw(fields.left()))


ANSWERS: dict[int, Callable[[Fields], Packet]] = {
    CONNACK: _connack,
    PUBACK: _puback,
    SUBACK: _suback,
    UNSUBACK: _unsuback,
    PINGRESP: _pingresp,
    DISCONNECT: _disconnect,
}
"""How each is read."""
