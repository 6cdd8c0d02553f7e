"""The broker's end of a connection, spoken packet by packet by the test itself."""

import socket
import struct
from dataclasses import dataclass

CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 8, 9, 10, 11
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14
TIMEOUT_S = 4.0
"""Below the time-out of a unit test, so that the packet that did not come is named."""


@dataclass(frozen=True)
class Packet:
    """One MQTT packet as it stood on the wire."""

    kind: int
    flags: int
    body: bytes

    @property
    def id(self) -> int:
        """The packet id of a SUBSCRIBE, UNSUBSCRIBE, PUBACK, or PUBLISH with QoS 1."""
        at = 2 + len(self.topic) if self.kind == PUBLISH else 0
        number: int = struct.unpack_from("!H", self.body, at)[0]
        return number

    @property
    def topic(self) -> str:
        """The topic of a PUBLISH."""
        return _text(self.body, 0)

    @property
    def filters(self) -> dict[str, int]:
        """The filters of a SUBSCRIBE with their options, or of an UNSUBSCRIBE with 0."""
        filters: dict[str, int] = {}
        at = 3 + self.body[2]
        while at < len(self.body):
            name = _text(self.body, at)
            at += 2 + len(name)
            filters[name] = self.body[at] if self.kind == SUBSCRIBE else 0
            at += self.kind == SUBSCRIBE
        return filters


class Peer:
    """A broker that does exactly what the test says."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(TIMEOUT_S)
        self.sock = sock

    def read(self) -> Packet | None:
        """Return the next packet, None at the end of the connection."""
        first = self.sock.recv(1)
        if not first:
            return None
        length = shift = 0
        while True:
            (byte,) = self._exactly(1)
            length |= (byte & 127) << shift
            shift += 7
            if not byte & 128:
                break
        return Packet(first[0] >> 4, first[0] & 15, self._exactly(length))

    def expect(self, kind: int) -> Packet:
        """Return the next packet, which must be of this kind."""
        packet = self.read()
        assert packet is not None, f"the connection ended instead of packet {kind}"
        assert packet.kind == kind, f"packet {packet.kind} instead of {kind}"
        return packet

    def expect_end(self) -> None:
        """Wait for the end of the connection, which must be the next thing to come."""
        packet = self.read()
        assert packet is None, f"packet {packet} instead of the end"

    def send(self, kind: int, body: bytes, flags: int = 0) -> None:
        """Send one packet of less than 128 bytes."""
        assert len(body) < 128
        self.sock.sendall(bytes([kind << 4 | flags, len(body)]) + body)

    def connack(self, *, present: bool = False, code: int = 0, properties: bytes = b"") -> None:
        """Answer CONNECT."""
        self.send(CONNACK, bytes([present, code, len(properties)]) + properties)

    def welcome(self, *, present: bool = False, properties: bytes = b"") -> Packet:
        """Take the connection and its first SUBSCRIBE; return that."""
        self.expect(CONNECT)
        self.connack(present=present, properties=properties)
        subscribe = self.expect(SUBSCRIBE)
        self.suback(subscribe)
        return subscribe

    def suback(self, subscribe: Packet, code: int = 1) -> None:
        """Answer SUBSCRIBE with the same code for each filter."""
        codes = bytes([code]) * len(subscribe.filters)
        self.send(SUBACK, struct.pack("!HB", subscribe.id, 0) + codes)

    def unsuback(self, unsubscribe: Packet) -> None:
        """Answer UNSUBSCRIBE."""
        codes = bytes(len(unsubscribe.filters))
        self.send(UNSUBACK, struct.pack("!HB", unsubscribe.id, 0) + codes)

    def publish(self, topic: str, payload: bytes, packet: int, *, retain: bool = False) -> None:
        """Send a message, QoS 1, or QoS 0 with packet 0."""
        name = topic.encode()
        number = struct.pack("!H", packet) if packet else b""
        body = struct.pack("!H", len(name)) + name + number + b"\0" + payload
        self.send(PUBLISH, body, flags=(2 if packet else 0) | retain)

    def puback(self, packet: int, code: int = 0) -> None:
        """Answer PUBLISH."""
        self.send(PUBACK, struct.pack("!HB", packet, code))

    def disconnect(self, code: int) -> None:
        """Send DISCONNECT."""
        self.send(DISCONNECT, bytes([code]))

    def close(self) -> None:
        """Close the connection without a word."""
        self.sock.close()

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.sock.recv(size - len(data))
            assert piece, "the connection ended inside a packet"
            data += piece
        return data


def _text(body: bytes, at: int) -> str:
    (length,) = struct.unpack_from("!H", body, at)
    return body[at + 2 : at + 2 + length].decode()
