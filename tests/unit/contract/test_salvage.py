import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contract.codec import decode, encode
from contract.errors import DecodeError
from contract.examples import LOCATION, PANIC
from contract.messages import Location, Panic
from contract.plain_text import plain
from contract.salvage import CancelReading, PanicReading, Place, read_panic, read_report_id
from tests.unit.contract.strategies import locations, panics, uuids

REQUIRED = ("panic_id", "update", "pressed_at", "sent_at", "kind", "silent")
NAMES = (
    set(Panic.__struct_fields__)
    | {f"location.{name}" for name in Place.__struct_fields__}
    | {"cancel.code", "cancel.at", "payload"}
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _values(**changes: Any) -> dict[str, Any]:
    return {**msgspec.to_builtins(PANIC), **changes}


def _read(**changes: Any) -> PanicReading:
    return read_panic(json.dumps(_values(**changes)).encode())


def _as_read(panic: Panic) -> PanicReading:
    """Return what a panic that keeps to the contract must be read as."""
    place = None
    if panic.location is not None:
        values = msgspec.structs.asdict(panic.location)
        place = Place(**{name: values[name] for name in Place.__struct_fields__})
    return PanicReading(
        panic_id=panic.panic_id,
        update=panic.update,
        pressed_at=panic.pressed_at,
        sent_at=panic.sent_at,
        age_ms=panic.age_ms,
        clock=panic.clock,
        kind=panic.kind,
        silent=panic.silent,
        place=place,
        cancel=tuple(CancelReading(code=each.code, at=each.at) for each in panic.cancel or ()),
        note=plain(panic.note or "", 200) or None,
        unreadable=(),
    )


class TestAnyBytes:
    """Nothing eats an alarm: every payload gives a reading that can be stored and alerted."""

    @given(
        st.binary()
        | json_values.map(lambda value: json.dumps(value).encode())
        | st.text(alphabet='{}[]":,\\ud8"panic_idlocationcancelcodeat01e-.truefalsenull').map(
            str.encode
        )
    )
    @example(b"[" * 100_000)
    @example(b'{"update":' + b"9" * 5000 + b"}")
    @example(b'{"update":1e999,"location":{"lat":1e999,"lon":-Infinity}}')
    @example(b'{"note":"' + b"\\" * 9001)
    @example(b'{"cancel":[[[[' + b'{"code":"' * 3000)
    @example("{}".encode("utf-16"))
    def test_no_bytes_make_it_raise(self, payload: bytes) -> None:
        reading = read_panic(payload)
        assert msgspec.json.encode(reading)
        assert set(reading.unreadable) <= NAMES
        read_report_id(payload)

    @given(st.dictionaries(st.sampled_from(Panic.__struct_fields__), json_values))
    def test_any_values_in_its_fields_give_a_reading(self, values: dict[str, Any]) -> None:
        reading = read_panic(json.dumps(values).encode())
        assert msgspec.json.encode(reading)
        assert set(reading.unreadable) <= NAMES

    @given(panics(), st.data())
    def test_damaged_bytes_give_a_reading(self, panic: Panic, data: st.DataObject) -> None:
        payload = bytearray(encode(panic))
        for _ in range(3):
            index = data.draw(st.integers(0, len(payload) - 1))
            payload[index] = data.draw(st.integers(0, 255))
        assert msgspec.json.encode(read_panic(bytes(payload)))

    def test_nothing_at_all_is_a_silent_press(self) -> None:
        """What cannot be read is taken as the worst: real, and not to be answered aloud."""
        assert read_panic(b"") == PanicReading(unreadable=("payload", *REQUIRED))
        assert (PanicReading().kind, PanicReading().silent) == ("button", True)


class TestGoodPanics:
    """A panic that keeps to the contract is read as the codec reads it."""

    @given(panics())
    def test_every_field_is_there(self, panic: Panic) -> None:
        assert read_panic(encode(panic)) == _as_read(panic)

    @given(panics())
    def test_unknown_fields_and_spaces_do_not_matter(self, panic: Panic) -> None:
        values = {"x": {"kind": "test", "panic_id": 5}, **msgspec.to_builtins(panic), "y": [1]}
        assert read_panic(json.dumps(values, indent=3).encode()) == _as_read(panic)


class TestEachField:
    """A bad field costs itself alone, and is named."""

    @given(
        st.sampled_from(Panic.__struct_fields__),
        json_values.filter(lambda value: value is not None),
    )
    def test_a_bad_field_costs_no_other(self, name: str, value: Any) -> None:
        good = _as_read(PANIC)
        reading = _read(**{name: value})
        for other in Panic.__struct_fields__:
            field = "place" if other == "location" else other
            if other != name:
                assert getattr(reading, field) == getattr(good, field)
        assert all(each.split(".")[0] == name for each in reading.unreadable)
        values = _values(**{name: value})
        if not reading.unreadable and name != "note":
            field = "place" if name == "location" else name
            assert getattr(reading, field) is not None
        try:
            panic = decode(Panic, json.dumps(values).encode())
        except DecodeError:
            return
        assert reading == _as_read(panic)

    @pytest.mark.parametrize("name", REQUIRED)
    def test_a_missing_field_is_named(self, name: str) -> None:
        values = _values()
        del values[name]
        assert read_panic(json.dumps(values).encode()).unreadable == (name,)
        assert _read(**{name: None}).unreadable == (name,)

    @pytest.mark.parametrize("name", ["age_ms", "clock", "location", "cancel", "note"])
    def test_an_absent_optional_field_is_not(self, name: str) -> None:
        values = _values(note="x")
        del values[name]
        assert read_panic(json.dumps(values).encode()).unreadable == ()
        assert _read(**{name: None}).unreadable == ()

    @given(uuids())
    def test_an_id_is_one_id_in_capitals_and_as_urn(self, panic_id: str) -> None:
        for text in (panic_id, panic_id.upper(), f"urn:uuid:{panic_id}", f" {panic_id}\n"):
            assert _read(panic_id=text).panic_id == panic_id

    @pytest.mark.parametrize(
        "value", ["", "x", 5, "0" * 36, "00000000-0000-0000-0000-000000000000"]
    )
    def test_what_is_no_id_is_unreadable(self, value: Any) -> None:
        reading = _read(panic_id=value)
        assert (reading.panic_id, reading.unreadable) == (None, ("panic_id",))

    @pytest.mark.parametrize(("value", "update"), [("5", 5), (5.0, 5), ("5.0", 5)])
    def test_an_integer_may_be_in_quotes_or_have_a_point(self, value: Any, update: int) -> None:
        reading = _read(update=value)
        assert (reading.update, reading.unreadable) == (update, ())

    @pytest.mark.parametrize("value", [-1, 1.5, "", " 5", "five", True, [], 2**53 + 1, 10**4000])
    def test_what_is_no_count_is_unreadable(self, value: Any) -> None:
        reading = _read(update=value)
        assert (reading.update, reading.unreadable) == (0, ("update",))

    @pytest.mark.parametrize("value", [0, "false", "", [], "no", 0.0])
    def test_only_false_is_not_silent(self, value: Any) -> None:
        """A device that makes a sound may betray its holder."""
        reading = _read(silent=value)
        assert (reading.silent, reading.unreadable) == (True, ("silent",))

    def test_false_is_not_silent(self) -> None:
        assert _read(silent=False).silent is False

    @pytest.mark.parametrize("value", ["BUTTON", "flood", 5, {}])
    def test_an_unknown_kind_is_a_button(self, value: Any) -> None:
        reading = _read(kind=value)
        assert (reading.kind, reading.unreadable) == ("button", ("kind",))

    def test_of_two_fields_with_one_name_the_last_counts(self) -> None:
        payload = encode(PANIC)[:-1] + b',"update":7}'
        assert read_panic(payload).update == 7

    def test_a_note_is_one_line_of_200_characters(self) -> None:
        assert _read(note="help\n\x00me").note == "help me"
        assert _read(note="x" * 500).note == "x" * 200
        assert _read(note="\n").note is None
        assert _read(note=["x"]).unreadable == ("note",)

    def test_half_a_character_costs_itself(self) -> None:
        """A device that counts UTF-16 units cuts a note so."""
        payload = json.dumps(_values(note="help \ud83d")).encode()
        assert read_panic(payload).note == "help"
        assert read_panic(payload).unreadable == ()


class TestPlace:
    """A bad location never costs the id, and a bad field of it never the place."""

    @pytest.mark.parametrize("value", ["25.03,121.56", 5, [25.03, 121.56], True])
    def test_what_is_no_object_is_no_place(self, value: Any) -> None:
        reading = _read(location=value)
        assert (reading.place, reading.unreadable) == (None, ("location",))
        assert reading.panic_id == PANIC.panic_id

    @given(
        st.sampled_from(sorted(set(Place.__struct_fields__) - {"lat", "lon"})),
        json_values,
    )
    def test_a_bad_field_costs_itself(self, name: str, value: Any) -> None:
        reading = _read(location={**msgspec.to_builtins(LOCATION), name: value})
        good = _as_read(PANIC).place
        assert reading.place is not None
        assert good is not None
        for other in set(Place.__struct_fields__) - {name}:
            assert getattr(reading.place, other) == getattr(good, other)
        assert set(reading.unreadable) <= {f"location.{name}"}

    @pytest.mark.parametrize("name", ["lat", "lon"])
    @pytest.mark.parametrize("value", [None, "", 181, float("nan"), "inf", True, "N25"])
    def test_without_both_coordinates_there_is_no_place(self, name: str, value: Any) -> None:
        reading = _read(location={**msgspec.to_builtins(LOCATION), name: value})
        assert (reading.place, reading.unreadable) == (None, (f"location.{name}",))

    def test_coordinates_alone_are_a_place(self) -> None:
        reading = _read(location={"lat": "25.5", "lon": 121})
        assert reading.place == Place(lat=25.5, lon=121.0)
        assert reading.unreadable == ()

    def test_infinity_is_no_altitude(self) -> None:
        reading = _read(location={"lat": 1, "lon": 2, "alt": float("inf"), "speed": "inf"})
        assert reading.place == Place(lat=1.0, lon=2.0)
        assert reading.unreadable == ("location.alt", "location.speed")


class TestCancel:
    """Codes that can be read are requests; the others are named."""

    def test_readable_codes_stay(self) -> None:
        reading = _read(cancel=[{"code": "0042", "at": 5}, 7, {"code": 1234}, {"at": 5}])
        assert reading.cancel == (CancelReading(code="0042", at=5), CancelReading(code="1234"))
        assert set(reading.unreadable) == {"cancel", "cancel.at", "cancel.code"}

    def test_a_code_keeps_its_zeros(self) -> None:
        assert _read(cancel=[{"code": "007", "at": 1}]).cancel[0].code == "007"

    def test_a_code_can_be_hashed(self) -> None:
        (code,) = _read(cancel=[{"code": "12\ud83d", "at": 1}]).cancel
        assert code.code.encode() == b"12?"

    @pytest.mark.parametrize("value", ["1234", 5, {"code": "1"}])
    def test_what_is_no_list_is_unreadable(self, value: Any) -> None:
        reading = _read(cancel=value)
        assert (reading.cancel, reading.unreadable) == ((), ("cancel",))

    @pytest.mark.parametrize("value", [{}, {"code": "x" * 33}, {"code": None}, {"code": -1}])
    def test_a_code_that_is_none_is_named(self, value: Any) -> None:
        reading = _read(cancel=[{"at": 1, **value}])
        assert (reading.cancel, reading.unreadable) == ((), ("cancel.code",))


class TestBrokenJson:
    """A payload that is cut or broken is searched for its fields."""

    @settings(max_examples=50)
    @given(panics(), st.data())
    def test_a_press_cut_at_any_byte_keeps_what_is_complete(
        self, panic: Panic, data: st.DataObject
    ) -> None:
        payload = encode(panic)
        cut = data.draw(st.integers(0, len(payload) - 1))
        reading = read_panic(payload[:cut])
        whole = _as_read(panic)
        there = payload.index(panic.panic_id.encode()) + 36 <= cut
        assert reading.panic_id == (panic.panic_id if there else None)
        assert "payload" in reading.unreadable
        for name in ("update", "pressed_at", "sent_at", "age_ms", "kind", "silent"):
            expected = {getattr(whole, name), getattr(PanicReading(), name)}
            assert getattr(reading, name) in expected, name
        if reading.place is not None:
            assert whole.place is not None
            assert (reading.place.lat, reading.place.lon) == (whole.place.lat, whole.place.lon)
        assert whole.cancel[: len(reading.cancel)] == reading.cancel

    def test_every_cut_of_the_example_keeps_its_id(self) -> None:
        payload = encode(PANIC)
        complete = payload.index(PANIC.panic_id.encode()) + 36
        for cut in range(len(payload)):
            expected = PANIC.panic_id if cut >= complete else None
            assert read_panic(payload[:cut]).panic_id == expected

    def test_all_but_the_last_brace_is_all(self) -> None:
        expected = msgspec.structs.replace(_as_read(PANIC), clock=None, unreadable=("payload",))
        assert expected.place is not None
        place = msgspec.structs.replace(expected.place, clock=None)
        expected = msgspec.structs.replace(expected, place=place)
        assert read_panic(encode(PANIC)[:-1]) == expected

    def test_a_number_that_is_cut_is_not_taken(self) -> None:
        """Half a longitude is another place."""
        payload = encode(PANIC)
        cut = payload.index(b"121.565") + 4
        reading = read_panic(payload[:cut])
        assert reading.place is None
        assert "location.lon" in reading.unreadable
        assert read_panic(b'{"update":1').update == 0
        assert read_panic(b'{"update":12,').update == 12

    def test_a_location_that_is_cut_away_is_named(self) -> None:
        payload = encode(PANIC)
        reading = read_panic(payload[: payload.index(b'"lat"')])
        assert "location.lat" in reading.unreadable
        assert reading.place is None

    @given(
        panics(), st.sampled_from([b"NaN", b"nan", b"-", b"0x1", b"+1", b".5", b"", b"1.", b"01"])
    )
    def test_a_value_that_is_no_json_costs_little(self, panic: Panic, value: bytes) -> None:
        """What printf writes for a number that is none."""
        panic = msgspec.structs.replace(panic, location=LOCATION)
        payload = encode(panic).replace(b'"lat":25.03361', b'"lat":' + value)
        reading, whole = read_panic(payload), _as_read(panic)
        assert reading.place is None
        for name in ("panic_id", "update", "pressed_at", "kind", "silent", "age_ms", "note"):
            assert getattr(reading, name) == getattr(whole, name), name
        assert len(reading.cancel) <= len(whole.cancel)

    def test_codes_are_found(self) -> None:
        payload = _text(cancel=[{"code": "0042", "at": 5}, {"at": 6, "code": "7"}])[:-1]
        assert read_panic(payload).cancel == (
            CancelReading(code="0042", at=5),
            CancelReading(code="7", at=6),
        )

    def test_a_note_that_is_cut_keeps_its_beginning(self) -> None:
        payload = _text(note='he said "kind":"test" and')
        assert read_panic(payload[:-6]).note == 'he said "kind":"test"'
        assert read_panic(payload[:-6]).kind == "button"

    def test_words_in_a_note_are_no_fields(self) -> None:
        payload = _text(note='"silent":false,"update":9,"panic_id":"x"')[:-1]
        reading = read_panic(payload)
        assert (reading.silent, reading.update) == (True, PANIC.update)
        assert reading.panic_id == PANIC.panic_id
        assert read_panic(_text(remark='"silent":false,"update":9')[:-1]) == read_panic(
            _text()[:-1]
        )

    def test_bytes_that_are_no_utf8_cost_their_field(self) -> None:
        payload = encode(msgspec.structs.replace(PANIC, note="caf__")).replace(b"__", b"\xe9")
        reading = read_panic(payload)
        assert reading.note == "caf\ufffd"
        assert reading.unreadable == ("payload",)
        assert reading.panic_id == PANIC.panic_id

    def test_a_byte_order_mark_costs_nothing(self) -> None:
        reading = read_panic(b"\xef\xbb\xbf" + encode(PANIC))
        assert reading == msgspec.structs.replace(_as_read(PANIC), unreadable=("payload",))

    def test_a_panic_in_a_list_is_found(self) -> None:
        assert read_panic(b"[" + encode(PANIC) + b"]").panic_id == PANIC.panic_id

    def test_an_oversized_payload_is_read(self) -> None:
        reading = _read(filler="x" * 100_000)
        assert reading == msgspec.structs.replace(_as_read(PANIC), unreadable=("payload",))
        cut = json.dumps({"filler": "x" * 100_000, **_values()}).encode()[:-1]
        assert read_panic(cut).panic_id == PANIC.panic_id

    def test_hostile_repetition_takes_no_time(self) -> None:
        """The time-out of unit tests is the proof."""
        for word in (b'"note":"a', b'{"code":"', b'"location" ', b'{"at":1,', b"\\", b'"lat":1'):
            read_panic(word * 20_000)


class TestReportId:
    """A dead letter with a readable boot and seq need not come again."""

    @given(locations())
    def test_a_good_report_has_its_id(self, report: Location) -> None:
        assert read_report_id(encode(report)) == (report.boot, report.seq)

    @given(locations(), st.data())
    def test_a_report_cut_at_any_byte_has_its_id_or_none(
        self, report: Location, data: st.DataObject
    ) -> None:
        payload = encode(report)
        cut = data.draw(st.integers(0, len(payload) - 1))
        complete = payload.index(b'"time"') <= cut
        expected = (report.boot, report.seq) if complete else None
        assert read_report_id(payload[:cut]) in (expected, (report.boot, report.seq))
        if complete:
            assert read_report_id(payload[:cut]) == expected

    @pytest.mark.parametrize(
        "payload",
        [
            b"",
            b"{}",
            b'{"boot":"5f0c9a1e"}',
            b'{"seq":1}',
            b'{"boot":"5F0C9A1E","seq":1}',
            b'{"boot":"5f0c9a1e\\n","seq":1}',
            b'{"boot":"5f0c9a1e","seq":-1}',
            b'{"boot":"5f0c9a1e","seq":null}',
            b'{"boot":"5f0c9a1e","seq":1',
        ],
    )
    def test_without_both_there_is_no_id(self, payload: bytes) -> None:
        assert read_report_id(payload) is None


def _text(**changes: Any) -> bytes:
    return json.dumps(_values(**changes), separators=(",", ":")).encode()
