"""What of a dead letter may be seen without a ground."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import codec
from ingest.disclosure import outline, whole
from tests.unit.ingest.doubles import BOOT, NOW, place


def test_a_report_is_shown_without_its_place() -> None:
    """What it is and why it came helps to mend the tracker; where it was does not."""
    shown = outline(codec.encode(place(7, trigger="turn", speed=3.5, fix="gps")))
    assert shown == {
        "boot": BOOT, "seq": 7, "time": NOW, "lat": "(number)", "lon": "(number)",
        "speed": "(number)", "fix": "gps", "trigger": "turn",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b"\xff{", "2 bytes that are not JSON"),
        (b"[1, [2]]", ["(number)", "(list of 1)"]),
        (b'{"fix": "25.033,121.565", "25.033": 1}',
         {"fix": "(text, 14 characters)", "(field 2)": "(number)"}),
        (b'{"faults": ["clock"], "seq": 25.033, "lat": null}',
         {"faults": ["clock"], "seq": "(number)", "lat": "(null)"}),
    ],
)  # fmt: skip
def test_odd_messages_are_described(payload: bytes, shown: object) -> None:
    """By what stands where."""
    assert outline(payload) == shown


@given(
    st.sampled_from(["lat", "lon", "alt", "course", "speed", "place", "note", "seq", "fix"]),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda each: not each.is_integer())
    | st.text("0123456789.,", min_size=4, max_size=20).filter(lambda each: not each.isdigit()),
)
def test_no_coordinate_comes_through(name: str, value: object) -> None:
    """Neither a fraction nor digits in a text, in whatever field."""
    payload = json.dumps([{name: value}, {str(value): name}, value]).encode()
    assert str(value) not in json.dumps(outline(payload))


def test_the_whole_message_cannot_command_the_terminal() -> None:
    """Escape sequences and line breaks are gone; bytes that are no text are named."""
    assert whole(b'{"a":\n"\x1b[2J\xff"}') == '{"a": " [2J\\xff"}'
