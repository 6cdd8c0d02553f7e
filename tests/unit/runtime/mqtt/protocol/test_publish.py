"""Our reading of a PUBLISH against paho's, which is written by others from the same standard."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from paho.mqtt._packet import decode_publish
from paho.mqtt.exception import MalformedPacket, MQTTException
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from runtime.mqtt.interface import Incoming
from runtime.mqtt.protocol import publish
from runtime.mqtt.protocol.errors import (
    DuplicateFlagError,
    PacketIdMissingError,
    ProtocolViolationError,
    QosError,
    QosTooHighError,
    TextError,
    TopicAliasError,
    TopicMissingError,
    TopicWildcardError,
    TruncatedPacketError,
    VariableIntegerError,
)
from runtime.mqtt.protocol.publish import read_publish
from tests.unit.runtime.mqtt.protocol.wire import CONNECTION, V5, text, variable_integer

TOPICS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0+#"), min_size=1, max_size=40
)
PAHO_IS_LOOSER = (
    DuplicateFlagError,
    PacketIdMissingError,
    QosError,
    QosTooHighError,
    TextError,
    TopicAliasError,
    TopicMissingError,
    TopicWildcardError,
    TruncatedPacketError,
    VariableIntegerError,
)
"""What paho's parser lets pass: it looks at no flags and not into the topic, reads a property
beyond the length of all, and takes integers that are longer than they need be."""
PIECES = st.sampled_from(
    [b"\x00\x01t", b"\x00\x01", b"\x00", b"\x00\x03a/b", b"\x05", b"\x02\x00\x00\x00\x09",
     b"\x0b\x01", b"\x26\x00\x01a\x00\x01b", b"\x23\x00\x01", b"\x01\x01", b"\x03\x00\x02hi"]
)  # fmt: skip


def read(first: int, body: bytes) -> Incoming:
    """Read a body that stands between other bytes, as it does in a socket's buffer."""
    return read_publish(first, b"\x30\x00" + body + b"\x30\x00", 2, 2 + len(body), CONNECTION)


def _properties(expiry: int | None, content_type: str) -> bytes:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if expiry is not None:
        properties.MessageExpiryInterval = expiry
    if content_type:
        properties.ContentType = content_type
    return bytes(properties.pack())  # type: ignore[no-untyped-call]


@given(
    topic=TOPICS,
    payload=st.binary(max_size=300),
    retain=st.booleans(),
    packet=st.integers(0, 65535),
    expiry=st.none() | st.integers(0, 2**32 - 1),
    content_type=st.text("abc", max_size=300),
)
def test_what_was_packed_is_read(
    *,
    topic: str,
    payload: bytes,
    retain: bool,
    packet: int,
    expiry: int | None,
    content_type: str,
) -> None:
    number = struct.pack("!H", packet) if packet else b""
    body = text(topic) + number + _properties(expiry, content_type) + payload
    first = 0x30 | (2 if packet else 0) | retain
    assert read(first, body) == Incoming(topic, payload, retain, CONNECTION, packet)


@given(
    first=st.integers(0x30, 0x3F),
    body=st.binary(max_size=60) | st.lists(PIECES, max_size=8).map(b"".join),
)
@example(first=0x32, body=b"\x00\x01t\x00\x01\x00")
@example(first=0x30, body=b"\x00\x01t\xff\xff\xff\xff\x01")
@example(first=0x32, body=b"\x00\x01t\x00\x01\x05\x02\x00\x00\x00\x09payload")
def test_any_bytes_are_read_as_paho_reads_them(first: int, body: bytes) -> None:
    """What we read it reads the same; what we refuse it refuses, or is known to be looser."""
    theirs, refusal = None, ""
    try:
        theirs = decode_publish(first, body, V5)
    except (MalformedPacket, MQTTException) as error:
        refusal = str(error)
    try:
        ours = read(first, body)
    except PAHO_IS_LOOSER:
        return
    except ProtocolViolationError:
        assert theirs is None
        return
    if theirs is None:
        assert "U+FEFF" in refusal, "which the standard allows (1.5.4)"
        return
    assert ours.topic.encode() == theirs.topic
    assert (ours.payload, ours.retain, ours.packet) == (theirs.payload, theirs.retain, theirs.mid)


def test_nothing_of_the_next_packet_is_read() -> None:
    """A topic that claims more than its packet holds is cut off, whatever follows."""
    source = b"\x00\x04ab" + b"\x30\x05\x00\x01tx"
    for end in range(4, len(source)):
        try:
            message = read_publish(0x30, source, 0, end, CONNECTION)
        except ProtocolViolationError:
            continue
        assert end >= 7
        assert len(message.topic) == 4


def test_a_length_is_as_the_standard_says() -> None:
    """The tests' own way of writing it, on the examples of table 1-1."""
    assert variable_integer(127) == b"\x7f"
    assert variable_integer(128) == b"\x80\x01"
    assert variable_integer(2_097_152) == b"\x80\x80\x80\x01"


def test_no_more_topics_are_known_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a topic that was refused is refused again."""
    known: dict[bytes, str] = {}
    monkeypatch.setattr(publish, "_known", known)
    for number in range(publish.KNOWN_TOPICS + 10):
        assert read(0x30, text(f"t/{number}") + b"\0").topic == f"t/{number}"
    assert len(known) == publish.KNOWN_TOPICS
    known.clear()
    for _ in range(2):
        with pytest.raises(TopicWildcardError):
            read(0x30, text("t/+") + b"\0")
    assert not known
