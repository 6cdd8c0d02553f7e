"""Questions in InfluxQL."""

import re

from hypothesis import given
from hypothesis import strategies as st

from telemetry_store.influx.influxql import quoted, select


def test_a_track_is_asked_for_by_tag_and_time() -> None:
    """The question as InfluxDB gets it."""
    assert select("location", ("device", "t-1"), 5, since_ns=1, until_ns=2) == (
        'SELECT * FROM "location" WHERE "device" = \'t-1\' AND time >= 1 AND time < 2'
        " ORDER BY time ASC LIMIT 5"
    )


def test_times_beyond_influxdb_s_last_are_its_last() -> None:
    """A number of more than 64 bits is no time to it."""
    question = select("location", ("device", "t"), 5, since_ns=2**70, until_ns=2**80)
    assert question.count(str(2**63 - 2)) == 2


@given(st.text())
def test_any_text_stays_inside_its_quotes(text: str) -> None:
    """No quote ends it early, and no backslash eats the last quote."""
    literal = quoted(text)
    assert re.fullmatch(r"'(?:[^'\\\n]|\\.)*'", literal, flags=re.DOTALL)
