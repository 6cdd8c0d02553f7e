"""What a client sends, as bytes (MQTT 5)."""

import struct
from collections.abc import Sequence

from runtime.mqtt.interface import LinkSettings, Will
from runtime.mqtt.protocol.properties import (
    MAXIMUM_PACKET_SIZE,
    MESSAGE_EXPIRY,
    RECEIVE_MAXIMUM,
    SESSION_EXPIRY,
)

PINGREQ = b"\xc0\x00"
"""3.12."""

_CONNECT = 0x10
_PUBLISH_QOS_1 = 0x32
_PUBACK = 0x4002 << 16
_SUBSCRIBE = 0x82
_UNSUBSCRIBE = 0xA2
_DISCONNECT = 0xE0
_RETAIN = 0x01

_VERSION = b"\x00\x04MQTT\x05"
_CLEAN_START = 0x02
_WILL_AT_QOS_1 = 0x04 | 0x08
_WILL_RETAIN = 0x20
_PASSWORD = 0x40
_USER_NAME = 0x80
_OPTIONS = 0x11
"""3.8.3.1: QoS 1; retained messages only for a filter that is new to the session."""
_NO_PROPERTIES = b"\x00"
_MORE = 0x80
_WILDCARDS = frozenset("+#\0")
_MAX_TEXT_BYTES = 2**16 - 1


def connect(settings: LinkSettings, will: Will | None, maximum_packet_size: int) -> bytes:
    """Return a CONNECT (3.1)."""
    flags = _CLEAN_START if settings.clean_start else 0
    fields = [_text(settings.client_id)]
    if will is not None:
        flags |= _WILL_AT_QOS_1 | (_WILL_RETAIN if will.retain else 0)
        fields += [_NO_PROPERTIES, _text(will.topic), _binary(will.payload)]
    if settings.username is not None:
        flags |= _USER_NAME
        fields.append(_text(settings.username))
    if settings.username is not None and settings.password is not None:
        flags |= _PASSWORD
        fields.append(_binary(settings.password.encode()))
    asked = struct.pack(
        "!BIBHBI",
        SESSION_EXPIRY, settings.session_expiry_s,
        RECEIVE_MAXIMUM, settings.receive_maximum,
        MAXIMUM_PACKET_SIZE, maximum_packet_size,
    )  # fmt: skip
    head = _VERSION + struct.pack("!BH", flags, settings.keepalive_s)
    return _packet(_CONNECT, head, _variable_integer(len(asked)), asked, *fields)


def publish(
    packet: int, topic: str, payload: bytes, *, retain: bool, expiry_s: int | None
) -> bytes:
    """Return a PUBLISH at QoS 1 (3.3).

    Raises:
        ValueError: the topic is empty, too long, or holds a wildcard.
    """
    if not topic or not _WILDCARDS.isdisjoint(topic):
        raise ValueError("a topic is not empty and holds no wildcards")
    expiry = b"" if expiry_s is None else struct.pack("!BI", MESSAGE_EXPIRY, expiry_s)
    head = _text(topic) + struct.pack("!HB", packet, len(expiry)) + expiry
    return _packet(_PUBLISH_QOS_1 | (_RETAIN if retain else 0), head, payload)


def pubacks(packets: Sequence[int]) -> bytes:
    """Return a PUBACK (3.4) for each packet id, in this order."""
    return struct.pack(f"!{len(packets)}I", *[_PUBACK | packet for packet in packets])


def subscribe(packet: int, filters: Sequence[str]) -> bytes:
    """Return a SUBSCRIBE (3.8) at QoS 1."""
    wanted = [_text(each) + bytes([_OPTIONS]) for each in filters]
    return _packet(_SUBSCRIBE, struct.pack("!H", packet), _NO_PROPERTIES, *wanted)


def unsubscribe(packet: int, filters: Sequence[str]) -> bytes:
    """Return an UNSUBSCRIBE (3.10)."""
    return _packet(_UNSUBSCRIBE, struct.pack("!H", packet), _NO_PROPERTIES, *map(_text, filters))


def disconnect(code: int = 0) -> bytes:
    """Return a DISCONNECT (3.14)."""
    return _packet(_DISCONNECT, bytes([code]) if code else b"")


def _packet(first: int, *parts: bytes) -> bytes:
    return b"".join((bytes([first]), _variable_integer(sum(map(len, parts))), *parts))


def _variable_integer(value: int) -> bytes:
    """1.5.5."""
    found = bytearray()
    while value >= _MORE:
        found.append(value % _MORE | _MORE)
        value //= _MORE
    found.append(value)
    return bytes(found)


def _text(text: str) -> bytes:
    return _binary(text.encode())


def _binary(raw: bytes) -> bytes:
    """1.5.6.

    Raises:
        ValueError: it is longer than MQTT has room for.
    """
    if len(raw) > _MAX_TEXT_BYTES:
        raise ValueError(f"a text has at most {_MAX_TEXT_BYTES} bytes")
    return struct.pack("!H", len(raw)) + raw
