"""Bytes of a broker, in any chunks, to packets; the order of packets is a table."""

from typing import Literal

from runtime.mqtt.protocol.answers import read_answer
from runtime.mqtt.protocol.errors import (
    PacketFlagsError,
    PacketIdInUseError,
    PacketTooLargeError,
    PacketTypeError,
    ProtocolViolationError,
    ReceiveMaximumError,
    RemainingLengthError,
    UnexpectedPacketError,
)
from runtime.mqtt.protocol.fields import LENGTH_BYTES, MORE, Fields
from runtime.mqtt.protocol.packets import (
    CONNACK,
    DISCONNECT,
    NAMES,
    PINGRESP,
    PUBACK,
    PUBLISH,
    SUBACK,
    UNSUBACK,
    Packet,
    Refused,
)
from runtime.mqtt.protocol.publish import read_publish

State = Literal["connecting", "open", "closed"]

NEXT: dict[tuple[State, int], State] = {
    ("connecting", CONNACK): "open",
    ("open", PUBLISH): "open",
    ("open", PUBACK): "open",
    ("open", SUBACK): "open",
    ("open", UNSUBACK): "open",
    ("open", PINGRESP): "open",
    ("open", DISCONNECT): "closed",
}
"""What a broker may send when, and what follows; a CONNACK that refuses closes, too (3.2.2.2)."""

_TYPE = 0xF0
_MESSAGE = PUBLISH << 4
_HEADER_BYTES = 2
"""The least that a packet has: type and length."""


class Receiver:
    """Reads one connection, from the CONNACK on; after the first violation nothing any more.

    It keeps at most one unfinished packet, `maximum_packet_size` bytes long.
    """

    def __init__(self, connection: int, *, maximum_packet_size: int, window: int) -> None:
        """Take the number that messages carry, and the bounds.

        `window` is how many messages may be unacknowledged. It may well be larger than the
        Receive Maximum that was asked for, because not every broker keeps to that.
        """
        self.state: State = "connecting"
        self.violation: ProtocolViolationError | None = None
        """Why it reads nothing any more."""
        self.unacknowledged: set[int] = set()
        """Packet ids that the broker waits for; whoever acknowledges takes them out."""
        self._connection = connection
        self._maximum_packet_size = maximum_packet_size
        self._window = window
        self._rest = bytearray()
        self._wanted = _HEADER_BYTES

    def feed(self, data: bytes) -> list[Packet]:
        """Return the packets that are complete now; see `violation` for what came after them."""
        if self._rest:
            self._rest += data
            if len(self._rest) < self._wanted:
                return []
            data = bytes(self._rest)
            self._rest.clear()
        packets: list[Packet] = []
        try:
            read = self._read(data, packets)
        except ProtocolViolationError as error:
            self.violation = error
            self.state = "closed"
        if self.state != "closed":
            self._rest += data[read:]
        return packets

    def _read(self, data: bytes, packets: list[Packet]) -> int:
        """Read whole packets; return where the first that is not complete begins."""
        at, size = 0, len(data)
        self._wanted = _HEADER_BYTES
        while size - at >= _HEADER_BYTES and self.state != "closed":
            first, length, body = data[at], data[at + 1], at + _HEADER_BYTES
            if length & MORE:
                length, body = _remaining_length(data, at + 1)
                if not body:
                    self._wanted = size - at + 1
                    return at
            end = body + length
            is_message = first & _TYPE == _MESSAGE
            if not is_message or self.state != "open" or end - at > self._maximum_packet_size:
                self._admit(first, end - at)
            if end > size:
                self._wanted = end - at
                return at
            if is_message:
                message = read_publish(first, data, body, end, self._connection)
                if message.packet:
                    self._hold(message.packet)
                packets.append(message)
            else:
                packets.append(self._answer(first >> 4, Fields(data, body, end)))
            at = end
        return at

    def _admit(self, first: int, size: int) -> None:
        """Refuse a packet by its header, before the rest of it has arrived."""
        kind = first >> 4
        if (self.state, kind) not in NEXT:
            raise UnexpectedPacketError(NAMES[kind]) if kind else PacketTypeError
        if kind != PUBLISH and first & ~_TYPE:
            raise PacketFlagsError(NAMES[kind])
        if size > self._maximum_packet_size:
            raise PacketTooLargeError(f"{size} bytes")

    def _hold(self, packet: int) -> None:
        """Note that the broker waits for the acknowledgement of this packet id."""
        if packet in self.unacknowledged:
            raise PacketIdInUseError
        self.unacknowledged.add(packet)
        if len(self.unacknowledged) > self._window:
            raise ReceiveMaximumError(f"more than {self._window}")

    def _answer(self, kind: int, fields: Fields) -> Packet:
        packet = read_answer(kind, fields)
        self.state = "closed" if isinstance(packet, Refused) else NEXT[self.state, kind]
        return packet


def _remaining_length(data: bytes, at: int) -> tuple[int, int]:
    """Return a remaining length (2.1.4) and where it ends; 0 for where it is not complete yet."""
    if at + 1 < len(data) and 0 < data[at + 1] < MORE:  # two bytes, as nearly always
        return data[at] - MORE + (data[at + 1] << 7), at + 2
    value = 0
    for place, byte in enumerate(data[at : at + LENGTH_BYTES]):
        value |= (byte & ~MORE) << 7 * place
        if not byte & MORE:
            if place and not byte:
                raise RemainingLengthError
            return value, at + place + 1
    if len(data) - at >= LENGTH_BYTES:
        raise RemainingLengthError
    return 0, 0
