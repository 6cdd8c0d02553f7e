"""Packets as a broker writes them, made of their parts, for tests of the receiver."""

import struct
from dataclasses import dataclass, field

from paho.mqtt.enums import MQTTProtocolVersion

from runtime.mqtt.protocol.packets import Packet
from runtime.mqtt.protocol.receiver import Receiver

V5 = MQTTProtocolVersion.MQTTv5
CONNECTION = 7
WELCOME = b"\x20\x03\x00\x00\x00"


def packet(first: int, body: bytes) -> bytes:
    """Return a packet: its first byte, the length, and the rest."""
    return bytes([first]) + variable_integer(len(body)) + body


def variable_integer(value: int) -> bytes:
    """Return a variable byte integer, written down a second time, from the standard's listing."""
    found = b""
    while True:
        value, digit = divmod(value, 128)
        found += bytes([digit | 128 if value else digit])
        if not value:
            return found


def text(name: str) -> bytes:
    """Return a UTF-8 string."""
    return struct.pack("!H", len(name.encode())) + name.encode()


def publish(
    topic: bytes | str = "t",
    payload: bytes = b"x",
    number: int = 1,
    *,
    flags: int = 0x02,
    properties: bytes = b"",
) -> bytes:
    """Return a PUBLISH; without QoS in its flags it has no packet id."""
    name = topic.encode() if isinstance(topic, str) else topic
    head = struct.pack("!H", len(name)) + name
    head += struct.pack("!H", number) if flags & 0x06 else b""
    return packet(0x30 | flags, head + variable_integer(len(properties)) + properties + payload)


@dataclass
class Heard:
    """What a receiver made of some chunks."""

    packets: list[Packet] = field(default_factory=list)
    violation: str | None = None
    state: str = ""
    most_kept: int = 0


def hear(
    *chunks: bytes, maximum_packet_size: int = 1000, window: int = 10, welcome: bool = True
) -> Heard:
    """Feed a receiver, a CONNACK first unless told otherwise."""
    receiver = Receiver(CONNECTION, maximum_packet_size=maximum_packet_size, window=window)
    if welcome:
        receiver.feed(WELCOME)
    heard = Heard()
    for chunk in chunks:
        heard.packets += receiver.feed(chunk)
        heard.most_kept = max(heard.most_kept, len(receiver._rest))
    heard.violation = None if receiver.violation is None else type(receiver.violation).__name__
    heard.state = receiver.state
    return heard
