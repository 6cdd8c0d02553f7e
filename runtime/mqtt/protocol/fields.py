"""The fields of a packet, one after another (1.5), never beyond its end."""

from runtime.mqtt.protocol.errors import (
    TextError,
    TrailingBytesError,
    TruncatedPacketError,
    VariableIntegerError,
)

MORE = 0x80
"""Set in each byte of a variable byte integer but the last (1.5.5)."""
LENGTH_BYTES = 4
"""The most that a variable byte integer takes."""


class Fields:
    """Reads `source` from `at` to `end`; every method raises as the errors say."""

    def __init__(self, source: bytes, at: int, end: int) -> None:
        self._source = source
        self._end = end
        self.at = at

    def left(self) -> int:
        """Return how many bytes are left."""
        return self._end - self.at

    def raw(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        start, self.at = self.at, self.at + size
        if self.at > self._end:
            raise TruncatedPacketError
        return self._source[start : self.at]

    def integer(self, size: int) -> int:
        """Return a one, two or four byte integer (1.5.2, 1.5.3)."""
        return int.from_bytes(self.raw(size), "big")

    def variable_integer(self) -> int:
        """Return a variable byte integer (1.5.5)."""
        value = 0
        for place in range(LENGTH_BYTES):
            byte = self.integer(1)
            value |= (byte & ~MORE) << 7 * place
            if not byte & MORE:
                if place and not byte:
                    raise VariableIntegerError
                return value
        raise VariableIntegerError

    def binary(self) -> bytes:
        """Return binary data (1.5.6)."""
        return self.raw(self.integer(2))

    def text(self) -> str:
        """Return a UTF-8 string (1.5.4)."""
        return decode_text(self.binary())

    def part(self, size: int) -> "Fields":
        """Return the next `size` bytes as fields of their own, and go on behind them."""
        start = self.at
        self.raw(size)
        return Fields(self._source, start, self.at)

    def finish(self) -> None:
        """Refuse what is left."""
        if self.left():
            raise TrailingBytesError


def decode_text(raw: bytes) -> str:
    """Return a text of MQTT (1.5.4).

    Raises:
        TextError: it is not UTF-8, or holds U+0000.
    """
    if b"\0" in raw:
        raise TextError
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise TextError from None
