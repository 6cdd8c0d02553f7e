import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.codec import decode, decode_each, elements, encode
from contract.errors import DecodeError, EncodeError
from contract.examples import EXAMPLES, LOCATION, PANIC
from contract.limits import MAX_PAYLOAD_BYTES
from contract.messages import Location, Panic, Status, Text
from contract.topics import TOPICS, Topic
from tests.unit.contract.strategies import locations, messages

topics = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def _location(**changes: Any) -> bytes:
    values = msgspec.to_builtins(LOCATION)
    return json.dumps({**values, **changes}).encode()


def _wrong_field(payload: bytes) -> str | None:
    try:
        decode(Location, payload)
    except DecodeError as error:
        return error.field
    return None


def _field(payload: bytes, kind: Any = Location) -> str:
    with pytest.raises(DecodeError) as caught:
        decode(kind, payload)
    return caught.value.field


@topics
@settings(max_examples=40)
@given(data=st.data())
def test_what_is_encoded_comes_back(topic: Topic, data: st.DataObject) -> None:
    message = data.draw(messages(topic.message))
    assert decode(topic.message, encode(message)) == message


@topics
@settings(max_examples=40)
@given(payload=st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_give_a_message_or_a_decode_error(topic: Topic, payload: bytes) -> None:
    with contextlib.suppress(DecodeError):
        message = decode(topic.message, payload)
        assert decode(topic.message, encode(message)) == message


@given(
    st.sampled_from(sorted(Location.__struct_fields__)),
    json_values | st.sampled_from([2**63, 2**64, -(2**64), 10**4000, 1e308]),
)
def test_any_value_in_any_field_gives_a_message_or_names_the_field(name: str, value: Any) -> None:
    payload = _location(**{name: value})
    if field := _wrong_field(payload):
        assert field.split("[")[0].split(".")[0] in (name, "payload")


@given(messages(Panic), st.data())
def test_a_payload_cut_short_is_a_decode_error(panic: Panic, data: st.DataObject) -> None:
    payload = encode(panic)
    cut = data.draw(st.integers(0, len(payload) - 1))
    assert _field(payload[:cut], Panic) == "payload"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"5",
        b'{"a":NaN}',
        b'{"boot":"\xed\xa0\x80"}',
        b"[" * 8000,
        b'{"a":' * 1600,
        b"\xef\xbb\xbf" + encode(LOCATION),
        encode(LOCATION).decode().encode("utf-16"),
        encode(LOCATION) + b"{}",
        encode(LOCATION)[:-1] + b",}",
        b"'" + encode(LOCATION) + b"'",
    ],
)
def test_what_is_no_json_object_is_named_payload(payload: bytes) -> None:
    assert _field(payload) == "payload"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lat": 90.1}, "lat"),
        ({"lon": -180.1}, "lon"),
        ({"lat": "25"}, "lat"),
        ({"lat": None}, "lat"),
        ({"boot": "ABCDEF01"}, "boot"),
        ({"boot": "abcdef01\n"}, "boot"),
        ({"seq": -1}, "seq"),
        ({"seq": 1.5}, "seq"),
        ({"seq": True}, "seq"),
        ({"time": 10**30}, "time"),
        ({"fix": "guess"}, "fix"),
        ({"jump": 1}, "jump"),
        ({"battery": 101}, "battery"),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, Any], field: str) -> None:
    assert _field(_location(**changes)) == field


def test_a_whole_number_with_a_fraction_is_refused() -> None:
    """One way to write an integer, for every reader; a panic is salvaged more kindly."""
    assert _field(encode(LOCATION).replace(b'"seq":42', b'"seq":42.0')) == "seq"
    assert decode(Location, _location(lat=25)).lat == 25.0


@pytest.mark.parametrize("name", ["boot", "seq", "time", "lat", "lon"])
def test_a_missing_field_is_named(name: str) -> None:
    values = msgspec.to_builtins(LOCATION)
    del values[name]
    assert _field(json.dumps(values).encode()) == name


def test_a_field_inside_is_named_with_its_path() -> None:
    values = msgspec.to_builtins(PANIC)
    values["location"]["lat"] = 91
    assert _field(json.dumps(values).encode(), Panic) == "location.lat"
    del values["location"]["lat"]
    assert _field(json.dumps(values).encode(), Panic) == "location.lat"
    values["location"] = None
    values["cancel"] = [{"code": "1"}]
    assert _field(json.dumps(values).encode(), Panic) == "cancel[0].at"


def test_the_error_never_repeats_what_the_device_wrote() -> None:
    """It is logged, and a device may write anything where a word is expected."""
    with pytest.raises(DecodeError) as caught:
        decode(Location, _location(fix="25.033' and\n`121.565`"))
    assert str(caught.value) == "fix: Invalid enum value"


def test_unknown_fields_are_ignored() -> None:
    assert decode(Location, _location(colour="red", nested={"lat": 1})) == LOCATION


def test_of_two_fields_with_one_name_the_last_counts() -> None:
    payload = encode(LOCATION)[:-1] + b',"seq":43}'
    assert decode(Location, payload).seq == 43


def test_null_is_absent_where_a_field_may_be_absent() -> None:
    assert decode(Location, _location(alt=None)).alt is None


def test_absent_numbers_are_not_sent() -> None:
    sent = json.loads(encode(Location(boot="5f0c9a1e", seq=0, time=1, lat=0.0, lon=0.0)))
    assert sent == {"boot": "5f0c9a1e", "seq": 0, "time": 1, "lat": 0.0, "lon": 0.0}


def test_the_largest_payload_passes_and_one_byte_more_does_not() -> None:
    payload = encode(LOCATION)
    largest = payload + b" " * (MAX_PAYLOAD_BYTES - len(payload))
    assert decode(Location, largest) == LOCATION
    assert _field(largest + b" ") == "payload"


def test_our_own_oversized_message_is_a_bug() -> None:
    with pytest.raises(EncodeError, match="at most 8192"):
        encode([LOCATION] * 60)


def test_a_history_of_twenty_full_positions_fits() -> None:
    assert len(encode([LOCATION] * 20)) < MAX_PAYLOAD_BYTES


def test_half_a_character_is_an_encode_error() -> None:
    with pytest.raises(EncodeError, match="surrogates"):
        encode(msgspec.structs.replace(EXAMPLES["text"], text="\ud83d"))


class TestDecodeEach:
    """One bad element costs that element alone."""

    @given(st.lists(locations(), max_size=5))
    def test_good_elements_come_back(self, reports: list[Location]) -> None:
        assert decode_each(Location, encode(reports)) == reports

    def test_a_bad_element_is_named_by_its_place(self) -> None:
        payload = b"[" + encode(LOCATION) + b',{"boot":1},null,' + encode(LOCATION) + b"]"
        first, second, third, last = decode_each(Location, payload)
        assert (first, last) == (LOCATION, LOCATION)
        assert isinstance(second, DecodeError)
        assert second.field == "[1].boot"
        assert isinstance(third, DecodeError)
        assert third.field == "[2].payload"

    @pytest.mark.parametrize("payload", [b"", b"{}", b"[1", b"null", b"[" * 5000])
    def test_what_is_no_list_is_a_decode_error(self, payload: bytes) -> None:
        with pytest.raises(DecodeError) as caught:
            decode_each(Location, payload)
        assert caught.value.field == "payload"

    def test_elements_are_handed_out_unread(self) -> None:
        assert elements(b'[ {"a": 1} , 5,"x"]') == [b'{"a": 1}', b"5", b'"x"']
        assert elements(b"[]") == []


def test_a_status_may_name_eight_commands() -> None:
    status = EXAMPLES["status"]
    command = status.commands[0]
    eight = msgspec.structs.replace(status, commands=[command] * 8)
    assert decode(Status, encode(eight)) == eight
    nine = msgspec.structs.replace(status, commands=[command] * 9)
    assert _field(encode(nine), Status) == "commands"


def test_free_text_has_200_characters() -> None:
    text = msgspec.structs.replace(EXAMPLES["text"], text="救" * 200)
    assert decode(Text, encode(text)) == text
    assert _field(encode(msgspec.structs.replace(text, text="救" * 201)), Text) == "text"
