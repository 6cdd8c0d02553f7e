"""The fields of a packet, never beyond its end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.properties import VariableByteIntegers

from runtime.mqtt.protocol.errors import (
    ProtocolViolationError,
    TextError,
    TrailingBytesError,
    TruncatedPacketError,
    VariableIntegerError,
)
from runtime.mqtt.protocol.fields import Fields, decode_text


def fields(source: bytes) -> Fields:
    """Return fields that stand between other bytes."""
    return Fields(b"??" + source + b"??", 2, 2 + len(source))


@given(st.integers(0, 268_435_455))
def test_variable_integers_are_paho_s(value: int) -> None:
    """Up to four bytes."""
    written = VariableByteIntegers.encode(value)  # type: ignore[no-untyped-call]
    each = fields(written)
    assert (each.variable_integer(), each.left()) == (value, 0)


@pytest.mark.parametrize("raw", [b"\x80\x00", b"\xff\xff\xff\xff", b"\x81\x80\x00"])
def test_variable_integers_that_are_longer_than_they_may_be(raw: bytes) -> None:
    """1.5.5."""
    with pytest.raises(VariableIntegerError):
        fields(raw + b"\x01").variable_integer()


def test_one_after_another() -> None:
    """Each goes on where the one before ended."""
    each = fields(b"\x01\x00\x02\x00\x00\x00\x03\x00\x01a\x00\x02\xc3\xa4rest")
    assert [each.integer(1), each.integer(2), each.integer(4)] == [1, 2, 3]
    assert (each.binary(), each.text(), each.raw(4)) == (b"a", "ä", b"rest")
    each.finish()


@given(st.binary(max_size=6))
def test_nothing_is_read_beyond_the_end(raw: bytes) -> None:
    """The bytes behind belong to the next packet."""
    for read in (Fields.binary, Fields.text, Fields.variable_integer, lambda e: e.integer(4)):
        each = fields(raw)
        try:
            read(each)
        except ProtocolViolationError:
            continue
        assert each.left() >= 0


def test_a_part_ends_where_it_says() -> None:
    """And what is left of it is seen."""
    each = fields(b"abcd")
    part = each.part(2)
    assert (part.raw(1), each.raw(2)) == (b"a", b"cd")
    with pytest.raises(TrailingBytesError):
        part.finish()
    with pytest.raises(TruncatedPacketError):
        each.part(1)


@pytest.mark.parametrize("raw", [b"\xff", b"a\0", b"\xed\xb0\x80"])
def test_what_is_no_text(raw: bytes) -> None:
    """1.5.4."""
    with pytest.raises(TextError):
        decode_text(raw)


def test_a_byte_order_mark_is_text_like_any_other() -> None:
    """1.5.4: it must not be stripped."""
    assert decode_text("\ufeffa".encode()) == "\ufeffa"
