"""Rows as line protocol."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.messages import Incident, Location, Status
from telemetry_store.errors import RejectedError
from telemetry_store.influx.lines import lines, location_lines
from telemetry_store.rows import IncidentRow, LocationRow, ReleasedPosition, StatusRow

NOW = 1_700_000_000_000
_FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|[^,]*)(?:,|\Z)')


def place(**fields: object) -> Location:
    known: dict[str, object] = {"boot": "0a1b2c3d", "seq": 7, "time": NOW, **fields}
    return Location(**{"lat": 25.0, "lon": 121.5, **known})  # type: ignore[arg-type]


def test_a_location_has_one_tag_and_its_time_is_made_unique_by_seq() -> None:
    """The line as InfluxDB gets it."""
    assert lines([LocationRow("t-1", place())]) == (
        b'location,device=t-1 boot="0a1b2c3d",seq=7i,lat=25.0,lon=121.5 1700000000000000007'
    )


def test_the_sequence_number_wraps_inside_its_millisecond() -> None:
    """A million reports later the nanoseconds begin anew."""
    assert lines([LocationRow("t", place(seq=3_000_042))]).endswith(b" 1700000000000000042")


def test_marks_are_fields() -> None:
    """Never tags: a mark that comes with a replay must not make a second point."""
    row = LocationRow("t", place(), frozenset({"bad_clock", "estimated"}))
    head, fields, _ = lines([row]).decode().split(" ")
    assert head == "location,device=t"
    assert {"bad_clock=t", "estimated=t"} <= set(fields.split(","))


def test_every_kind_of_field_keeps_its_type() -> None:
    """Integers end in i, floats and booleans do not, texts are quoted."""
    full = place(alt=1.0, speed=2, battery=50, satellites=9, fix="gps", jump=True, time_raw=-5)
    fields = _parsed(lines([LocationRow("t", full)]))
    assert fields["alt"] == "1.0"
    assert fields["speed"] == "2"
    assert fields["battery"] == "50i"
    assert fields["satellites"] == "9i"
    assert fields["fix"] == '"gps"'
    assert fields["jump"] == "t"
    assert fields["time_raw"] == "-5i"


def test_a_released_position_is_found_by_its_incident() -> None:
    """The deletion API selects by tags alone."""
    head = lines([ReleasedPosition("i 1,a=b", "t", place())]).decode().split(" boot=")[0]
    assert head == r"released_track,device=t,incident=i\ 1\,a\=b"


def test_versions_of_an_incident_are_nanoseconds_apart() -> None:
    """In order, and none replaces another."""
    incident = Incident(
        incident="i", version=3, class_="test", origin="call", state="raised", priority=2,
        marks=["late"], opened_at=NOW,
    )  # fmt: skip
    line = lines([IncidentRow(incident, NOW + 5)])
    assert line.startswith(b"incident,incident=i version=3i,class=")
    assert line.endswith(b" 1700000000000000003")
    assert _parsed(line)["marks"] == '"late"'


def test_a_status_has_no_position() -> None:
    """It goes where Grafana may read."""
    status = Status(at=NOW, state="online", boot="0a1b2c3d", connect=1, interval_s=30)
    fields = _parsed(lines([StatusRow("t", status, NOW)]))
    assert fields["interval_s"] == "30.0"
    assert not {"lat", "lon", "alt"} & set(fields)


@pytest.mark.parametrize("name", ["", "a\nb", "a\x00", "a\\", 'a"b', "\x7f"])
def test_what_cannot_be_a_tag_is_refused(name: str) -> None:
    """Before it is sent: a line break would begin a line of the sender's choice."""
    with pytest.raises(RejectedError):
        lines([ReleasedPosition(name, "t", place())])


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_stays_inside_its_quotes(text: str) -> None:
    """No jurisdiction's name can add a field, a line or a time."""
    incident = Incident(
        incident="i", version=0, class_="test", origin="call", state="raised", priority=2,
        marks=[], opened_at=NOW, jurisdiction=text,
    )  # fmt: skip
    quoted = _parsed(lines([IncidentRow(incident, NOW)]))["jurisdiction"]
    assert re.sub(r"\\(.)", r"\1", quoted[1:-1], flags=re.DOTALL) == text


_NUMBERS = st.floats(0, 99, allow_nan=False)
_PLACES = st.builds(
    place,
    seq=st.integers(0, 2**53), lat=st.floats(-90, 90), lon=st.floats(-180, 180),
    alt=st.none() | st.floats(allow_nan=False, allow_infinity=False), speed=st.none() | _NUMBERS,
    hdop=st.none() | _NUMBERS, satellites=st.none() | st.integers(0, 99),
    fix=st.sampled_from([None, "gps", "dgps"]), time_raw=st.none() | st.integers(0, 2**53),
)  # fmt: skip


@given(st.lists(st.builds(LocationRow, st.sampled_from(["t", "u-1"]), _PLACES), min_size=1))
def test_positions_together_are_as_each_by_itself(rows: list[LocationRow]) -> None:
    """Whatever they leave out; and every number is read as it was."""
    together = location_lines(rows)
    assert together == b"\n".join(lines([row]) for row in rows)
    for row, line in zip(rows, together.split(b"\n"), strict=True):
        fields = _parsed(line)
        assert float(fields["lat"]) == row.location.lat
        assert fields["seq"] == f"{row.location.seq}i"
        assert ("alt" in fields) == (row.location.alt is not None)


def _parsed(line: bytes) -> dict[str, str]:
    """Split one line without blanks in its tags; the text of a field as it is."""
    _, rest = line.decode().split(" ", 1)
    fields, time = rest.rsplit(" ", 1)
    assert time.isdecimal()
    found = _FIELD.findall(fields)
    assert ",".join(f"{name}={value}" for name, value in found) == fields
    return dict(found)
