"""Rows of answers."""

import pytest

from telemetry_store.influx.answers import incidents, locations, statuses

GOOD = {"time": 1_700_000_000_000_000_007, "device": "t", "boot": "0a1b2c3d", "seq": 7}
PLACE = {**GOOD, "lat": 25, "lon": 121.5}


def test_a_whole_number_is_read_as_a_float() -> None:
    """JSON has one kind of number; InfluxDB prints 25.0 as 25."""
    (row,) = locations([PLACE])
    assert isinstance(row.location.lat, float)
    assert row.location.time == 1_700_000_000_000


@pytest.mark.parametrize(
    "spoilt",
    [{"lat": 91}, {"seq": "7"}, {"boot": "x"}, {"fix": "unheard of"}, {"satellites": 2.5}],
)
def test_a_row_that_others_have_spoilt_costs_itself_alone(spoilt: dict[str, object]) -> None:
    """The rest of the track is shown."""
    assert len(locations([PLACE, {**PLACE, **spoilt}, PLACE])) == 2


def test_fields_of_others_are_ignored() -> None:
    """A Telegraf may write beside us."""
    assert len(locations([{**PLACE, "host": "pi", "topic": "x"}])) == 1


def test_lists_are_parted_and_an_empty_one_is_empty() -> None:
    """Not a list of one empty word."""
    row = {**GOOD, "at": 1, "arrived_at": 2, "state": "online", "connect": 0}
    (status,) = statuses([{**row, "faults": "clock,gps_port", "commands": ""}])
    assert status.status.faults == ["clock", "gps_port"]
    assert status.status.commands == []


def test_a_spoilt_incident_or_status_is_left_out() -> None:
    """Instead of failing the whole question."""
    assert incidents([{"time": 1, "incident": "i"}]) == []
    assert statuses([{"time": 1, "device": "t"}]) == []
