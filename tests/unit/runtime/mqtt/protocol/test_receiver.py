"""Bytes to packets: any chunking, any bytes, every violation by its name."""

import inspect
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.mqtt.interface import Incoming
from runtime.mqtt.protocol import errors
from runtime.mqtt.protocol.errors import MalformedPacketError, ProtocolViolationError
from runtime.mqtt.protocol.packets import (
    NAMES,
    Accepted,
    Disconnected,
    PingAnswered,
    PublishAnswered,
    Refused,
    Subscribed,
    Unsubscribed,
)
from runtime.mqtt.protocol.receiver import NEXT, Receiver
from tests.unit.runtime.mqtt.protocol.wire import (
    CONNECTION,
    WELCOME,
    hear,
    packet,
    publish,
    text,
)

VIOLATIONS = {
    "PacketTypeError": [b"\x00\x00", b"\x0f\x00"],
    "PacketFlagsError": [
        b"\x41\x02\x00\x01",
        b"\x92\x04\x00\x01\x00\x01",
        b"\xd1\x00",
        b"\xe8\x00",
    ],
    "RemainingLengthError": [
        b"\x30\xff\xff\xff\xff",
        b"\x30\xff\xff\xff\x80",
        b"\xd0\x80\x00",
        b"\xd0\x81\x80\x00",
        b"\xd0\x81\x80\x80\x00",
    ],
    "PacketTooLargeError": [
        b"\x30\xe9\x07",
        b"\x32\xff\xff\xff\x7f",
        b"\x90\x84\x08",
        publish(payload=bytes(2000)),
    ],
    "UnexpectedPacketError": [
        WELCOME,
        b"\x10\x00",
        b"\x50\x02\x00\x01",
        b"\x62\x02\x00\x01",
        b"\x70\x02\x00\x01",
        b"\x82\x00",
        b"\xa2\x00",
        b"\xc0\x00",
        b"\xf0\x00",
    ],
    "TruncatedPacketError": [
        b"\x30\x00",
        b"\x30\x01\x00",
        b"\x30\x02\x00\x05",
        b"\x30\x03\x00\x01t",
        b"\x32\x03\x00\x01t",
        b"\x32\x04\x00\x01t\x00",
        b"\x32\x05\x00\x01t\x00\x01",
        b"\x32\x06\x00\x01t\x00\x01\x05",
        b"\x40\x00",
        b"\x40\x01\x00",
        b"\x90\x03\x00\x01\x00",
        b"\xb0\x03\x00\x01\x00",
        publish(properties=b"\x02\x00"),
        publish(properties=b"\x03\x00\x05ab"),
        packet(0x40, b"\x00\x01\x00\x02\x1f"),
        packet(0xE0, b"\x00\x05\x1f"),
    ],
    "TrailingBytesError": [
        b"\xd0\x01\x00",
        packet(0x40, b"\x00\x01\x00\x00\x00"),
        packet(0xE0, b"\x00\x00\x00"),
    ],
    "TextError": [
        publish(b"\xff\xfe"),
        publish(b"a\x00b"),
        publish(b"\xed\xa0\x80"),
        publish(b"\xc0\xaf"),
        publish(properties=b"\x03\x00\x01\xff"),
        publish(properties=b"\x26" + text("a") + b"\x00\x01\x00"),
    ],
    "VariableIntegerError": [
        publish(properties=b"\x80\x00"),
        publish(properties=b"\x0b\x80\x80\x80\x80\x01"),
        packet(0x30, b"\x00\x01t\x80\x80\x80\x80\x01"),
        packet(0x30, b"\x00\x01t\x80\x00"),
    ],
    "QosError": [publish(flags=0x06), publish(flags=0x0E)],
    "QosTooHighError": [publish(flags=0x04), publish(flags=0x0C)],
    "DuplicateFlagError": [publish(flags=0x08), publish(flags=0x09)],
    "TopicMissingError": [publish(""), publish("", flags=0)],
    "TopicWildcardError": [publish("a/+"), publish("#"), publish("a/b+", flags=0)],
    "TopicAliasError": [
        publish(properties=b"\x23\x00\x01"),
        publish("", properties=b"\x23\x00\x01"),
        publish(properties=b"\x23\x00\x00"),
    ],
    "PacketIdMissingError": [
        publish(number=0),
        b"\x40\x02\x00\x00",
        b"\x90\x04\x00\x00\x00\x01",
        b"\xb0\x04\x00\x00\x00\x00",
    ],
    "PacketIdInUseError": [publish() + publish(flags=0x0A)],
    "ReceiveMaximumError": [b"".join(publish(number=number) for number in range(1, 12))],
    "PropertyUnknownError": [
        publish(properties=b"\x00"),
        publish(properties=b"\x7f"),
        publish(properties=b"\x82\x01"),
        packet(0xE0, b"\x00\x01\x2b"),
    ],
    "PropertyMisplacedError": [
        publish(properties=b"\x21\x00\x01"),
        publish(properties=b"\x17\x01"),
        packet(0x40, b"\x00\x01\x00\x05\x02\x00\x00\x00\x01"),
        packet(0xE0, b"\x00\x05\x11\x00\x00\x00\x01"),
    ],
    "PropertyRepeatedError": [
        publish(properties=b"\x01\x00\x01\x00"),
        publish(properties=b"\x02\x00\x00\x00\x01\x02\x00\x00\x00\x01"),
        packet(0xE0, b"\x00\x08\x1f\x00\x01a\x1f\x00\x01a"),
    ],
    "PropertyValueError": [
        publish(properties=b"\x01\x02"),
        publish(properties=b"\x0b\x00"),
        publish(properties=b"\x08\x00\x01#"),
    ],
}
"""What an open connection may bring, by the class that names it."""

AT_THE_START = {
    "AcknowledgeFlagsError": [b"\x20\x03\x02\x00\x00", b"\x20\x03\x01\x87\x00"],
    "UnexpectedPacketError": [b"\xd0\x00", publish(), b"\xe0\x00", b"\xf0\x02\x18\x00"],
    "PropertyValueError": [
        b"\x20\x06\x00\x00\x03\x21\x00\x00",
        b"\x20\x08\x00\x00\x05\x27\x00\x00\x00\x00",
        b"\x20\x05\x00\x00\x02\x24\x02",
    ],
    "TruncatedPacketError": [b"\x20\x02\x00\x00", b"\x20\x01\x00", b"\x20\x03\x00\x87\x01"],
    "TrailingBytesError": [b"\x20\x04\x00\x00\x00\x00"],
    "PacketFlagsError": [b"\x21\x03\x00\x00\x00"],
    "RemainingLengthError": [b"\x20\x80\x00"],
}


def _cases(table: dict[str, list[bytes]]) -> list[tuple[str, bytes]]:
    return [(name, each) for name, several in table.items() for each in several]


@pytest.mark.parametrize(("name", "sent"), _cases(VIOLATIONS))
def test_a_violation_has_its_name_and_ends_all(name: str, sent: bytes) -> None:
    """Also byte by byte; what came before it is told, nothing that comes after."""
    before = publish(number=99, topic="before")
    told = Incoming("before", b"x", False, CONNECTION, 99)
    whole = hear(before + sent + publish(number=98), window=11)
    pieces = hear(*(bytes([each]) for each in before + sent + publish(number=98)), window=11)
    for heard in (whole, pieces):
        assert (heard.violation, heard.state) == (name, "closed")
        assert heard.packets[0] == told
        assert not [each for each in heard.packets if getattr(each, "packet", 0) == 98]
    assert whole.packets == pieces.packets


@pytest.mark.parametrize(("name", "sent"), _cases(AT_THE_START))
def test_a_violation_at_the_start(name: str, sent: bytes) -> None:
    """The first packet is a CONNACK, and in order."""
    heard = hear(sent, welcome=False)
    assert (heard.violation, heard.state, heard.packets) == (name, "closed", [])


def test_every_violation_is_tried() -> None:
    """A class that nothing raises would be a promise without a proof."""
    kinds = {each for _, each in inspect.getmembers(errors, inspect.isclass)}
    leaves = {
        each.__name__
        for each in kinds - {ProtocolViolationError, MalformedPacketError}
        if issubclass(each, ProtocolViolationError)
    }
    assert leaves == VIOLATIONS.keys() | AT_THE_START.keys()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"\x40\x02\x00\x09", PublishAnswered(9, 0)),
        (b"\x40\x03\x00\x09\x87", PublishAnswered(9, 0x87)),
        (b"\x40\x04\x00\x09\x10\x00", PublishAnswered(9, 0x10)),
        (packet(0x40, b"\x00\x09\x87\x07\x1f\x00\x04nope"), PublishAnswered(9, 0x87)),
        (b"\x90\x05\x00\x01\x00\x01\x87", Subscribed(1, (1, 0x87))),
        (b"\xb0\x04\x00\x02\x00\x11", Unsubscribed(2, (0x11,))),
        (b"\xd0\x00", PingAnswered()),
        (b"\xe0\x00", Disconnected(0)),
        (b"\xe0\x01\x8e", Disconnected(0x8E)),
        (b"\xe0\x02\x8b\x00", Disconnected(0x8B)),
    ],
)
def test_answers(sent: bytes, expected: object) -> None:
    """Long and short forms."""
    heard = hear(sent)
    assert (heard.packets, heard.violation) == ([expected], None)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"\x20\x03\x00\x00\x00", Accepted(False)),
        (b"\x20\x03\x01\x00\x00", Accepted(True)),
        (
            packet(0x20, b"\x00\x00\x0b\x21\x00\x14\x27\x00\x00\x40\x00\x13\x00\x3c"),
            Accepted(False, receive_maximum=20, maximum_packet_size=0x4000, keepalive_s=60),
        ),
        (b"\x20\x03\x00\x87\x00", Refused(0x87)),
        (b"\x20\x02\x00\x01", Refused(0x84)),
        (b"\x20\x02\x00\x05", Refused(0x87)),
    ],
)
def test_connack(sent: bytes, expected: object) -> None:
    """Of a broker of 3.1.1, too, which only refuses."""
    heard = hear(sent, welcome=False)
    assert (heard.packets, heard.violation) == ([expected], None)
    assert heard.state == ("closed" if isinstance(expected, Refused) else "open")


def test_the_end_is_the_end() -> None:
    """What follows a DISCONNECT is not read."""
    heard = hear(publish() + b"\xe0\x01\x8e" + publish(number=2) + b"\x00\x00")
    assert heard.packets[1:] == [Disconnected(0x8E)]
    assert (heard.state, heard.violation) == ("closed", None)


def test_the_table_of_states_is_total() -> None:
    """Each state but the last can be left, and only a broker's packets are in it."""
    assert {state for state, _ in NEXT} | set(NEXT.values()) == {"connecting", "open", "closed"}
    assert {NAMES[kind] for _, kind in NEXT} == {
        "CONNACK", "PUBLISH", "PUBACK", "SUBACK", "UNSUBACK", "PINGRESP", "DISCONNECT",
    }  # fmt: skip


def test_an_acknowledged_id_may_come_again() -> None:
    """The window is as wide as what is not acknowledged."""
    receiver = Receiver(CONNECTION, maximum_packet_size=1000, window=1)
    receiver.feed(WELCOME)
    for _ in range(3):
        assert len(receiver.feed(publish())) == 1
        receiver.unacknowledged.remove(1)
    receiver.feed(publish() + publish(number=2))
    assert isinstance(receiver.violation, errors.ReceiveMaximumError)


def test_a_message_of_qos_0_takes_nothing_of_the_window() -> None:
    """It is not acknowledged; it may even come while the window is full."""
    heard = hear(publish() + b"".join(publish(flags=0) for _ in range(50)), window=1)
    assert len(heard.packets) == 51
    assert heard.violation is None


GOOD = st.sampled_from(
    [
        b"\x40\x02\x00\x09",
        b"\x90\x04\x00\x01\x00\x01",
        b"\xb0\x04\x00\x02\x00\x00",
        b"\xd0\x00",
        packet(0x40, b"\x00\x09\x87\x07\x1f\x00\x04nope"),
    ]
) | st.builds(
    publish,
    topic=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0+#"), min_size=1),
    payload=st.binary(max_size=300),
    number=st.integers(1, 65535),
    flags=st.sampled_from([0, 1, 2, 3, 0x0A]),
    properties=st.sampled_from([b"", b"\x02\x00\x00\x00\x09", b"\x26\x00\x01a\x00\x01b"]),
)
BAD = st.sampled_from([each for _, each in _cases(VIOLATIONS)]) | st.binary(max_size=12)


def _cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({0, len(data), *(each % (len(data) + 1) for each in places)})
    return [data[start:end] for start, end in pairwise(ends)]


@given(st.lists(GOOD | BAD, max_size=8).map(b"".join), st.lists(st.integers(0, 5000), max_size=30))
def test_any_chunking_gives_the_same(data: bytes, places: list[int]) -> None:
    """Packets, violation and state."""
    whole = hear(data)
    for chunks in (_cut(data, places), [bytes([each]) for each in data]):
        pieces = hear(*chunks)
        assert (pieces.packets, pieces.violation, pieces.state) == (
            whole.packets, whole.violation, whole.state,
        )  # fmt: skip


@given(st.lists(GOOD, max_size=8))
def test_good_packets_are_all_told(sent: list[bytes]) -> None:
    """One packet each, unless a packet id is used twice."""
    heard = hear(b"".join(sent))
    if heard.violation is None:
        assert len(heard.packets) == len(sent)
    else:
        assert heard.violation == "PacketIdInUseError"


@given(chunks=st.lists(st.binary(max_size=3000), max_size=20), welcome=st.booleans())
def test_any_bytes_give_packets_or_a_violation_in_bounded_memory(
    *, chunks: list[bytes], welcome: bool
) -> None:
    """Nothing else is raised, and no more than one unfinished packet is kept."""
    heard = hear(*chunks, maximum_packet_size=500, welcome=welcome)
    assert heard.most_kept <= 500 + 3000
    assert (heard.violation is None) or heard.state == "closed"


def test_a_large_packet_in_small_pieces_is_read_once() -> None:
    """A megabyte byte by byte would otherwise be copied a million times."""
    size = 1_000_000
    sent = publish(payload=bytes(size))
    heard = hear(*(sent[at : at + 100] for at in range(0, len(sent), 100)),
                 maximum_packet_size=2_000_000)  # fmt: skip
    assert [len(each.payload) for each in heard.packets if isinstance(each, Incoming)] == [size]
    assert heard.most_kept < size + 200
