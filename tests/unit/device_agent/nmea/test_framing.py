"""Sentences are found in any stream, however it is cut and whatever is between them."""

import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_agent.nmea.framing import MAX_SENTENCE_BYTES, Framer

GLL = b"$GPGLL,4916.45,N,12311.12,W,225444,A"
GLL_LINE = GLL + b"*31\r\n"
ZDA = b"$GPZDA,175503.00,11,12,2006,00,00"
ZDA_LINE = ZDA + b"*64\r\n"


def framed(data: bytes, framer: Framer | None = None) -> list[bytes]:
    framer = framer or Framer()
    return [*framer.feed(data), *framer.end()]


def test_a_sentence_comes_out_without_checksum_and_line_end() -> None:
    assert framed(GLL_LINE) == [GLL]


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b"\r\r\n", b""])
def test_any_line_end_ends_a_sentence_and_the_streams_end_too(end: bytes) -> None:
    assert framed(GLL + b"*31" + end + ZDA_LINE) == [GLL, ZDA]


def test_a_sentence_is_out_with_its_line_end_and_not_with_the_next_one() -> None:
    assert list(Framer().feed(GLL + b"*31\r")) == [GLL]


def test_an_encapsulated_sentence_keeps_its_leader() -> None:
    ais = b"!AIVDM,1,1,,B,13njCt031t0DA=lN2:jKmad60l1p,0"
    assert framed(ais + b"*12\r\n") == [ais]


@pytest.mark.parametrize(
    "stream",
    [
        GLL_LINE + ZDA_LINE,
        GLL_LINE.rstrip() + ZDA_LINE,  # two in a line
        b"$" + GLL_LINE + b"$$" + ZDA_LINE,  # ST Teseo
        b"4916.45,N*00 noise" + GLL_LINE + b"# remark\r\n" + ZDA_LINE,
        b"\x00\xff\xb5\x62" + GLL_LINE.rstrip() + b"\x00\xb5" + ZDA_LINE,  # binary between
        GLL_LINE.rstrip() + b" 1700000000.5\r\n" + ZDA_LINE,  # a logger's stamp
        b"$GPGGA,0301" + GLL_LINE + ZDA_LINE,  # bytes lost in the middle
        b"$GPGGA,0301\r\n" + GLL_LINE + b"!" + ZDA_LINE,
    ],
)
def test_nothing_that_is_whole_is_lost(stream: bytes) -> None:
    assert framed(stream) == [GLL, ZDA]


def test_hex_digits_of_either_case() -> None:
    body = b"$GPTXT,01,01,02,ANTSTATUS=OK"
    assert framed(body + b"*3b\r\n") == framed(body + b"*3B\r\n") == [body]


def test_the_last_star_is_the_checksums() -> None:
    """A text may hold a star of its own; what it says is covered by the checksum."""
    text = b"$GPTXT,01,01,02,a*b"
    checksum = 0
    for byte in text[1:]:
        checksum ^= byte
    assert framed(b"%s*%02X\r\n" % (text, checksum)) == [text]


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (GLL + b"*32\r\n", "bad_checksum"),
        (GLL + b"\r\n", "no_checksum"),
        (GLL + b"*3\r\n", "no_checksum"),
        (GLL + b"*3G\r\n", "no_checksum"),
        (b"$GPGLL,4916.45\xe9,N*31\r\n", "noise"),
        (b"$GPGLL,4916.45" + GLL_LINE, "cut"),
        (b"$GPGLL,4916.45", "cut"),
        (b"$" + b"A" * MAX_SENTENCE_BYTES + b"*00\r\n", "too_long"),
    ],
)
def test_what_is_lost_is_counted_by_reason(stream: bytes, reason: str) -> None:
    framer = Framer()
    framed(stream, framer)
    assert framer.rejects == {reason: 1}


def test_noise_outside_sentences_and_empty_ones_are_not_counted() -> None:
    framer = Framer()
    assert framed(b"# remark\r\n\r\n\x00\x01 $$$\r\n!\r\n", framer) == []
    assert not framer.rejects


def test_a_sentence_of_the_greatest_length_passes() -> None:
    body = b"$P" + b"A" * (MAX_SENTENCE_BYTES - 5)
    checksum = 0
    for byte in body[1:]:
        checksum ^= byte
    assert framed(b"%s*%02X\r\n" % (body, checksum)) == [body]


def test_memory_stays_flat_without_line_ends() -> None:
    framer = Framer()
    piece = b"$GPGGA" + b"0" * 65_530
    list(framer.feed(piece))
    tracemalloc.start()
    for _ in range(32):
        list(framer.feed(piece))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 4 * MAX_SENTENCE_BYTES


PIECES = st.sampled_from([GLL_LINE, ZDA_LINE, b"$", b"!", b"*", b"31\r\n", b"\r", b"\xff", b"$GP"])


@given(st.lists(st.one_of(PIECES, st.binary(max_size=40)), max_size=30), st.data())
def test_any_chunking_gives_the_same(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    framer = Framer()
    found: list[bytes] = []
    for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += framer.feed(stream[start:stop])
    whole = Framer()
    assert [*found, *framer.end()] == framed(stream, whole)
    assert framer.rejects == whole.rejects


@given(st.binary(max_size=400))
def test_what_comes_out_is_printable_and_begins_with_a_leader(stream: bytes) -> None:
    for sentence in framed(stream + GLL_LINE):
        assert sentence[:1] in (b"$", b"!")
        assert sentence.decode("ascii").isprintable()


@given(st.binary(max_size=200))
def test_no_noise_hides_the_next_sentence(noise: bytes) -> None:
    assert framed(noise + b"\r\n" + GLL_LINE)[-1] == GLL


def test_real_noise_at_one_byte_at_a_time(
    logs: dict[str, bytes], line: Callable[[str], bytes]
) -> None:
    """Magellan's Triton loses bytes in the middle of a sentence."""
    framer = Framer()
    found = [s for byte in logs["triton400"] for s in framer.feed(bytes([byte]))]
    assert b"$GPGLL,2638.1728,N,08011.3893,W,030131.000,A,A" in found
    assert framer.rejects == {"cut": 1}
