"""The table of properties against paho's."""

from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from runtime.mqtt.protocol.errors import PropertyMisplacedError, ProtocolViolationError
from runtime.mqtt.protocol.fields import Fields
from runtime.mqtt.protocol.packets import (
    CONNACK,
    DISCONNECT,
    NAMES,
    PUBACK,
    PUBLISH,
    SUBACK,
    UNSUBACK,
)
from runtime.mqtt.protocol.properties import read_properties

BROKERS_PACKETS = (CONNACK, PUBLISH, PUBACK, SUBACK, UNSUBACK, DISCONNECT)
PAHO: dict[int, tuple[int, list[int]]] = Properties(PacketTypes.PUBLISH).properties  # type: ignore[no-untyped-call]
VALUES = (b"\x01", b"\x00\x01", b"\x00\x00\x00\x01", b"\x01", b"\x00\x01a", b"\x00\x01a",
          b"\x00\x01a\x00\x01b")  # fmt: skip
"""One for each of paho's types, in their order."""
EXPECTED: tuple[Any, ...] = (1, 1, 1, 1, b"a", "a", ("a", "b"))
ONLY_FROM_A_CLIENT = {(0x11, DISCONNECT)}
"""3.14.2.2.2: a broker must not send it; paho has one list for both directions."""


def read(kind: int, raw: bytes) -> dict[int, Any]:
    return read_properties(Fields(bytes([len(raw)]) + raw, 0, 1 + len(raw)), kind)


@pytest.mark.parametrize("kind", BROKERS_PACKETS, ids=lambda kind: NAMES[kind])
@pytest.mark.parametrize("identifier", range(64))
def test_each_property_has_its_type_and_its_packets(kind: int, identifier: int) -> None:
    """As in table 2-4."""
    value_type, packets = PAHO.get(identifier, (0, []))
    raw = bytes([identifier]) + VALUES[value_type]
    if kind in packets and (identifier, kind) not in ONLY_FROM_A_CLIENT:
        assert read(kind, raw) == {identifier: EXPECTED[value_type]}
    else:
        with pytest.raises(ProtocolViolationError) as caught:
            read(kind, raw)
        assert isinstance(caught.value, PropertyMisplacedError) == (identifier in PAHO)


def test_of_repeated_ones_the_last() -> None:
    """User properties may come as often as the broker likes; we use none."""
    assert read(PUBLISH, b"\x26\x00\x01a\x00\x01b\x26\x00\x01c\x00\x01d") == {0x26: ("c", "d")}
    assert read(PUBLISH, b"\x0b\x01\x0b\x80\x01") == {0x0B: 128}


def test_none() -> None:
    """The length stands there all the same."""
    assert read(PUBLISH, b"") == {}
