"""Our reading of what a broker answers against paho's."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from paho.mqtt import _packet
from paho.mqtt.exception import MalformedPacket, MQTTException
from paho.mqtt.reasoncodes import ReasonCode

from runtime.mqtt.protocol.answers import ANSWERS, read_answer
from runtime.mqtt.protocol.errors import (
    AcknowledgeFlagsError,
    PacketIdMissingError,
    ProtocolViolationError,
    TrailingBytesError,
    TruncatedPacketError,
    VariableIntegerError,
)
from runtime.mqtt.protocol.fields import Fields
from runtime.mqtt.protocol.packets import (
    CONNACK,
    DISCONNECT,
    NAMES,
    PUBACK,
    SUBACK,
    UNSUBACK,
    Accepted,
    Disconnected,
    Packet,
    PublishAnswered,
    Refused,
    Subscribed,
    Unsubscribed,
)
from tests.unit.runtime.mqtt.protocol.wire import V5

PAHO_IS_LOOSER = (
    AcknowledgeFlagsError,
    PacketIdMissingError,
    TrailingBytesError,
    TruncatedPacketError,
    VariableIntegerError,
)
"""It checks no flags and no packet id, and neither where properties end nor where packets do."""
PAHO: dict[int, Callable[..., Any]] = {
    CONNACK: _packet.decode_connack,
    PUBACK: _packet.decode_puback,
    SUBACK: _packet.decode_suback,
    UNSUBACK: _packet.decode_unsuback,
    DISCONNECT: _packet.decode_disconnect,
}
OF_3_1_1 = (b"\x01", b"\x02", b"\x03", b"\x04", b"\x05")
"""Codes of an older broker, of which paho knows the first; see test_receiver."""
PIECES = st.sampled_from(
    [b"\x00", b"\x01", b"\x00\x01", b"\x87", b"\x10", b"\x05\x1f\x00\x02no", b"\x21\x00\x14",
     b"\x03", b"\x27\x00\x00\x10\x00", b"\x05", b"\x13\x00\x3c", b"\x26\x00\x01a\x00\x01b", b"\x07"]
)  # fmt: skip
BODIES = st.lists(PIECES, max_size=7).map(b"".join) | st.binary(max_size=12)


def _codes(ours: Packet) -> tuple[int, ...]:
    return (
        ours.codes
        if isinstance(ours, Subscribed | Unsubscribed)
        else (ours.code,)
        if isinstance(ours, Refused | PublishAnswered | Disconnected)
        else ()
    )


def _is_known(kind: int, code: int) -> bool:
    try:
        ReasonCode(kind, identifier=code)
    except (KeyError, ValueError):
        return False
    return True


def _agrees(ours: Packet, theirs: Any) -> bool:
    """Say whether both have read the same; paho leaves out a code of 0."""
    match ours:
        case Accepted(present, receive_maximum, size, keepalive):
            given = theirs.properties
            return (
                (present, 0) == (bool(theirs.flags), theirs.reason.value)
                and receive_maximum == getattr(given, "ReceiveMaximum", 65535)
                and size == getattr(given, "MaximumPacketSize", None)
                and keepalive == getattr(given, "ServerKeepAlive", None)
            )
        case Refused(code):
            return bool(code == theirs.reason.value)
        case PublishAnswered(packet, code):
            return (packet, code) == (theirs.mid, theirs.reason.value)
        case Subscribed(packet, codes) | Unsubscribed(packet, codes):
            return (packet, codes) == (
                theirs.mid,
                tuple(each.value for each in theirs.reason_codes),
            )
        case Disconnected(code):
            return code == (theirs.reason.value if theirs.reason else 0)
    raise AssertionError(ours)


@pytest.mark.parametrize("kind", PAHO, ids=lambda kind: NAMES[kind])
def test_any_bytes_are_read_as_paho_reads_them(kind: int) -> None:
    """What we read it reads the same; what we refuse it refuses, or is known to be looser."""

    @given(BODIES)
    def check(body: bytes) -> None:
        assume(kind != CONNACK or body[1:2] not in OF_3_1_1)
        theirs = None
        with suppress(MalformedPacket, MQTTException):
            theirs = PAHO[kind](kind << 4, body, V5)
        try:
            ours = read_answer(kind, Fields(body, 0, len(body)))
        except PAHO_IS_LOOSER:
            return
        except ProtocolViolationError:
            assert theirs is None
            return
        if theirs is None:
            assert not all(_is_known(kind, code) for code in _codes(ours)), "we pass any code on"
        else:
            assert _agrees(ours, theirs)

    check()


def test_each_answer_has_its_reader() -> None:
    """And nothing else has one: a PUBLISH is read elsewhere."""
    assert {NAMES[kind] for kind in ANSWERS} == {
        "CONNACK", "PUBACK", "SUBACK", "UNSUBACK", "PINGRESP", "DISCONNECT",
    }  # fmt: skip
