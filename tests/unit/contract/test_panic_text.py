import re
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import DecodeError, InvalidIdError
from contract.examples import LOCATION, PANIC
from contract.limits import MAX_PANIC_TEXT_CHARS
from contract.messages import Panic
from contract.panic_text import MAX_AGE_S, PanicText, from_text, to_text
from tests.unit.contract.strategies import devices, panics

GSM_7_BIT = re.compile(r"[A-Za-z0-9 _?.,/-]+")
"""What every SMS gateway passes on unchanged and counts as one character."""

LONGEST = "a" * 63
ages = st.none() | st.integers(-(2**40), 2**53)
gaps = st.sampled_from([" ", "  ", "\n", "\r\n", "\t", "\u00a0"])


@given(devices(), panics(), ages)
def test_a_text_is_short_and_passes_every_gateway(
    device: str, panic: Panic, age_ms: int | None
) -> None:
    text = to_text(device, panic, age_ms)
    assert len(text) <= MAX_PANIC_TEXT_CHARS
    assert GSM_7_BIT.fullmatch(text)


@given(devices() | st.just(LONGEST), panics(), ages)
def test_what_is_written_is_read(device: str, panic: Panic, age_ms: int | None) -> None:
    read = from_text(to_text(device, panic, age_ms))
    assert read.device == device
    assert read.panic_id == panic.panic_id
    assert read.update == panic.update
    assert read.kind == panic.kind
    assert read.silent == panic.silent
    age_s = None if age_ms is None else min(max(age_ms, 0) // 1000, MAX_AGE_S)
    assert read.age_s == age_s
    if read.lat is not None:
        assert panic.location is not None
        assert read.lat == pytest.approx(panic.location.lat, abs=0.51e-5)
        assert read.lon == pytest.approx(panic.location.lon, abs=0.51e-5)


@given(panics(), st.integers(0, 9999), st.integers(0, 60_000_000))
def test_the_place_is_there_even_for_the_longest_device_id(
    panic: Panic, update: int, age_ms: int
) -> None:
    panic = msgspec.structs.replace(panic, update=update, location=LOCATION)
    read = from_text(to_text(LONGEST, panic, age_ms))
    assert (read.lat, read.lon) == (25.03361, 121.565)


@given(
    st.builds(to_text, devices(), panics(), ages),
    gaps,
    st.sampled_from([str.upper, str.lower]),
    st.sampled_from(["", "From 110: ", "G1 "]),
)
def test_gateways_may_change_case_and_spaces_and_add_words(
    text: str, gap: str, change: Callable[[str], str], before: str
) -> None:
    sent = before + change(text).replace(" ", gap) + gap + "sent by X"
    assert from_text(sent) == from_text(text)


@given(devices(), panics(), ages, st.data())
def test_a_damaged_character_is_noticed(
    device: str, panic: Panic, age_ms: int | None, data: st.DataObject
) -> None:
    """A CRC finds every change of up to 15 bits in a row, so every change of one character."""
    text = to_text(device, panic, age_ms)
    index = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("abcdefghjkmnpqrstuvwxyz0123456789_.,/-?"))
    damaged = text[:index] + other + text[index + 1 :]
    try:
        read = from_text(damaged)
    except DecodeError:
        return
    assert read == from_text(text)


@given(st.text() | st.text(alphabet="G1 abs0123456789.,/-?", max_size=200))
def test_any_text_is_a_panic_or_a_decode_error(text: str) -> None:
    try:
        from_text(text)
    except DecodeError as error:
        assert error.field in {"text", "checksum", "lat", "lon", "update"}  # noqa: PT017 - or fine


def test_a_text_can_be_read_by_a_person() -> None:
    text = to_text("taxi-0042", PANIC, 12_300)
    assert text == "G1 taxi-0042 01KDV7EF00F8GSTQGC9CQRWTGQ 1bs 12 25.03361,121.56500/13 JVX"
    assert from_text(text) == PanicText(
        device="taxi-0042",
        panic_id=PANIC.panic_id,
        update=1,
        kind="button",
        silent=True,
        age_s=12,
        lat=25.03361,
        lon=121.565,
        fix_age_s=13,
    )


def test_o_and_i_and_l_are_read_as_the_digits_they_look_like() -> None:
    text = to_text("taxi-0042", PANIC, 12_300)
    assert from_text(text.replace(" 01KDV7EF00F8", " OLKDV7EFO0F8")) == from_text(text)


def test_an_unknown_age_is_a_question_mark() -> None:
    text = to_text("t", PANIC, None)
    assert " ? 25.03361,121.56500 " in text
    assert (from_text(text).age_s, from_text(text).fix_age_s) == (None, None)


def test_a_press_without_a_fix_has_no_place() -> None:
    read = from_text(to_text("t", msgspec.structs.replace(PANIC, location=None), 0))
    assert (read.lat, read.lon, read.fix_age_s) == (None, None, None)


@pytest.mark.parametrize("lat", [float("nan"), float("inf"), 90.1])
def test_a_place_that_is_none_does_not_hold_the_press_back(lat: float) -> None:
    broken = msgspec.structs.replace(PANIC, location=msgspec.structs.replace(LOCATION, lat=lat))
    assert from_text(to_text("t", broken, 0)).lat is None


def test_the_age_of_the_fix_gives_way_first_and_then_the_place() -> None:
    old = msgspec.structs.replace(LOCATION, time=0, lat=-25.03361, lon=-121.565)
    panic = msgspec.structs.replace(PANIC, location=old)
    assert from_text(to_text("a" * 40, panic, 0)).fix_age_s == MAX_AGE_S
    later = msgspec.structs.replace(panic, update=9999)
    long = from_text(to_text(LONGEST, later, 10**12))
    assert (long.lat, long.fix_age_s) == (-25.03361, None)
    longest = from_text(to_text(LONGEST, msgspec.structs.replace(panic, update=2**53), 10**12))
    assert (longest.lat, longest.panic_id) == (None, PANIC.panic_id)


def test_there_is_no_minus_zero() -> None:
    near = msgspec.structs.replace(LOCATION, lat=-0.000001, lon=-0.000001)
    assert " 0.00000,0.00000/" in to_text("t", msgspec.structs.replace(PANIC, location=near), 0)


@pytest.mark.parametrize(
    ("device", "panic_id"),
    [("Dispatch!", PANIC.panic_id), ("dispatch", PANIC.panic_id), ("t", "not an id")],
)
def test_ids_of_our_own_must_be_right(device: str, panic_id: str) -> None:
    with pytest.raises(InvalidIdError):
        to_text(device, msgspec.structs.replace(PANIC, panic_id=panic_id), 0)


def _signed(body: str) -> str:
    """Return a text with its right checksum, as somebody who means harm could."""
    for number in range(32**3):
        digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        guess = digits[number >> 10] + digits[number >> 5 & 31] + digits[number & 31]
        try:
            from_text(f"{body} {guess}")
        except DecodeError as error:
            if error.field == "checksum":
                continue
        return f"{body} {guess}"
    raise AssertionError(body)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("G1 dispatch 01KDV7EF00F8GSTQGC9CQRWTGQ 1b 1", "text"),
        ("G1 t 00000000000000000000000000 1b 1", "text"),
        ("G1 t ZZZZZZZZZZZZZZZZZZZZZZZZZZ 1b 1", "text"),
        ("G1 t 01KDV7EF00F8GSTQGC9CQRWTGQ 9999999999999999b 1", "update"),
        ("G1 t 01KDV7EF00F8GSTQGC9CQRWTGQ 1b 1 91.00000,0.00000", "lat"),
        ("G1 t 01KDV7EF00F8GSTQGC9CQRWTGQ 1b 1 0.00000,-180.00001", "lon"),
    ],
)
def test_a_right_checksum_does_not_make_a_wrong_value_right(body: str, field: str) -> None:
    with pytest.raises(DecodeError) as caught:
        from_text(_signed(body))
    assert caught.value.field == field


def test_only_the_beginning_of_a_long_text_is_searched() -> None:
    text = to_text("t", PANIC, 0)
    assert from_text(" " * 1500 + text).device == "t"
    with pytest.raises(DecodeError):
        from_text(" " * 5000 + text)
