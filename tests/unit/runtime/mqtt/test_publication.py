"""Our reading of a PUBLISH against paho's."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from paho.mqtt._packet import decode_publish
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.exception import MalformedPacket
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from runtime.mqtt.publication import Publication, decode_publication

TOPICS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


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
    name = topic.encode()
    number = struct.pack("!H", packet) if packet else b""
    body = struct.pack("!H", len(name)) + name + number + _properties(expiry, content_type)
    first = 0x30 | (2 if packet else 0) | retain
    message = decode_publication(first, bytearray(body + payload))
    assert message == Publication(topic, payload, retain, packet)
    assert type(message.payload) is bytes


@given(first=st.integers(0x30, 0x3F), body=st.binary(max_size=60))
@example(first=0x32, body=b"\x00\x01t\x00\x01\x00")
@example(first=0x30, body=b"\x00\x01t\xff\xff\xff\xff\x01")
def test_any_bytes_are_a_message_or_malformed(first: int, body: bytes) -> None:
    """And where paho, which looks into the properties as well, reads it, we read the same."""
    try:
        ours = decode_publication(first, body)
    except MalformedPacket:
        return
    try:
        theirs = decode_publish(first, body, MQTTProtocolVersion.MQTTv5)
    except MalformedPacket:
        return
    assert ours.topic.encode() == theirs.topic
    assert (ours.payload, ours.retain, ours.packet) == (theirs.payload, theirs.retain, theirs.mid)


@pytest.mark.parametrize(
    ("first", "body"),
    [
        (0x30, b""),
        (0x30, b"\x00"),
        (0x30, b"\x00\x05t"),
        (0x30, b"\x00\x00\x00x"),
        (0x30, b"\x00\x02\xff\xfe\x00x"),
        (0x30, b"\x00\x01t"),
        (0x30, b"\x00\x01t\x05x"),
        (0x30, b"\x00\x01t\x80\x80\x80\x80\x01"),
        (0x32, b"\x00\x01t\x00"),
        (0x32, b"\x00\x01t\x00\x00\x00x"),
        (0x34, b"\x00\x01t\x00\x01\x00x"),
        (0x36, b"\x00\x01t\x00\x01\x00x"),
    ],
)
def test_malformed(first: int, body: bytes) -> None:
    with pytest.raises(MalformedPacket):
        decode_publication(first, body)
