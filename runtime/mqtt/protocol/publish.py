"""Reads a PUBLISH (3.3). Ten thousand arrive in a second, so it indexes the bytes itself."""

from runtime.mqtt.interface import Incoming
from runtime.mqtt.protocol.errors import (
    DuplicateFlagError,
    PacketIdMissingError,
    QosError,
    QosTooHighError,
    TopicAliasError,
    TopicMissingError,
    TopicWildcardError,
    TruncatedPacketError,
)
from runtime.mqtt.protocol.fields import Fields, decode_text
from runtime.mqtt.protocol.packets import PUBLISH
from runtime.mqtt.protocol.properties import TOPIC_ALIAS, read_properties

KNOWN_TOPICS = 4096
"""Topics that are not checked again: the first ones, because throwing some out to make room costs
a hundred thousand trackers more than it saves. A megabyte, as names are short."""
_known: dict[bytes, str] = {}

_RETAIN = 0x01
_QOS_1 = 0x02
_QOS_2 = 0x04
_DUPLICATE = 0x08


def read_publish(first: int, source: bytes, at: int, end: int, connection: int) -> Incoming:
    """Return the message of a PUBLISH: its first byte, and all after its length in `source`.

    Raises:
        MalformedPacketError, ProtocolViolationError: as the classes beneath them say.
    """
    if first & (_QOS_2 | _DUPLICATE):
        _check_flags(first)
    packet = 0
    try:
        after = topic_end = at + 2 + (source[at] << 8 | source[at + 1])
        if first & _QOS_1:
            packet = source[topic_end] << 8 | source[topic_end + 1]
            after = topic_end + 2
        has_properties = source[after]
    except IndexError:
        raise TruncatedPacketError from None
    if after >= end:
        raise TruncatedPacketError
    after = _after_properties(source, after, end) if has_properties else after + 1
    if first & _QOS_1 and not packet:
        raise PacketIdMissingError
    name = source[at + 2 : topic_end]
    topic = _known.get(name) or _topic(name)
    return Incoming(topic, source[after:end], first & _RETAIN == 1, connection, packet)


def _topic(name: bytes) -> str:
    """Check a topic (3.3.2.1), and know it from now on while there is room."""
    if not name:
        raise TopicMissingError
    if b"+" in name or b"#" in name:
        raise TopicWildcardError
    topic = decode_text(name)
    if len(_known) < KNOWN_TOPICS:
        _known[name] = topic
    return topic


def _check_flags(first: int) -> None:
    if first & _QOS_2:
        raise QosError if first & _QOS_1 else QosTooHighError
    if not first & _QOS_1:
        raise DuplicateFlagError


def _after_properties(source: bytes, at: int, end: int) -> int:
    """Return where the payload begins; nothing that properties say is of use to us."""
    fields = Fields(source, at, end)
    if TOPIC_ALIAS in read_properties(fields, PUBLISH):
        raise TopicAliasError
    return fields.at
