"""A position as SQLite keeps it."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.messages import ClockSource, FixKind, Location, Trigger
from telemetry_store.rows import LOCATION_MARKS, LocationRow, position_time_ns
from telemetry_store.sqlite_body import _WORDS, body_of, packed, unpacked

NOW = 1_700_000_000_000
_NUMBER = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9)
_COUNT = st.none() | st.integers(0, 2**53)
LOCATIONS = st.builds(
    Location,
    boot=st.text("0123456789abcdef", min_size=8, max_size=8),
    seq=st.integers(0, 2**53),
    time=st.integers(0, 2**43),
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    alt=_NUMBER, speed=_NUMBER, course=_NUMBER, accuracy=_NUMBER, hdop=_NUMBER,
    satellites=_COUNT,
    fix=st.none() | st.sampled_from(get_args(FixKind)),
    battery=_COUNT,
    trigger=st.none() | st.sampled_from(get_args(Trigger)),
    clock=st.none() | st.sampled_from(get_args(ClockSource)),
    jump=st.none() | st.booleans(),
    time_raw=_COUNT,
)  # fmt: skip
COLUMNS = (
    "boot", "seq", "lat", "lon", "alt", "speed", "course", "accuracy", "hdop", "satellites",
    "fix", "battery", "trigger", "clock", "jump", "time_raw",
)  # fmt: skip


@settings(max_examples=40)
@given(LOCATIONS, st.frozensets(st.sampled_from(LOCATION_MARKS)))
def test_any_position_comes_back_as_it_was(location: Location, marks: frozenset[object]) -> None:
    """Every digit, every word, and what was absent."""
    row = LocationRow("t", location, marks)  # type: ignore[arg-type]
    device, ts, bits, body = packed(row)
    assert (device, ts) == ("t", position_time_ns(location))
    assert unpacked(device, [(ts, bits, body)]) == [row]


@settings(max_examples=40)
@given(LOCATIONS)
def test_the_columns_of_before_become_the_same(location: Location) -> None:
    """A truth value was 0 or 1 there."""
    columns = [getattr(location, name) for name in COLUMNS]
    columns[14] = None if location.jump is None else int(location.jump)
    ts = position_time_ns(location)
    assert unpacked("t", [(ts, 0, body_of(columns))]) == [LocationRow("t", location)]


def test_every_word_of_the_contract_has_its_number() -> None:
    """For good: what was stored must be read in ten years."""
    assert {*get_args(FixKind), *get_args(Trigger), *get_args(ClockSource)} == {*_WORDS[1:]}
    assert _WORDS[1:5] == ("gps", "dgps", "rtk", "estimated")
    assert _WORDS[7] == "interval"
    assert _WORDS[15] == "host"


def test_a_body_of_fewer_fields_can_be_read() -> None:
    """Fields come at the end: an older body simply does not have them."""
    body = b"\x94\xa80a1b2c3d\x07\xcb@9\x00\x00\x00\x00\x00\x00\xcb@^\x00\x00\x00\x00\x00\x00"
    place = Location(boot="0a1b2c3d", seq=7, time=NOW, lat=25.0, lon=120.0)
    assert unpacked("t", [(position_time_ns(place), 0, body)]) == [LocationRow("t", place)]


def test_what_is_beyond_64_bits_is_refused() -> None:
    place = Location(boot="0a1b2c3d", seq=7, time=NOW, lat=25.0, lon=120.0, time_raw=2**70)
    with pytest.raises(OverflowError):
        packed(LocationRow("t", place))
