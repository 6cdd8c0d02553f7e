"""What InfluxDB says, read; asking it is tried on a real one (tests/integration/doctor)."""

from types import SimpleNamespace

import pytest

from telemetry_store.influx.inspect import _date_ms, _days


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Thu, 01 Jan 1970 00:00:01 GMT", 1000),
        ("Mon, 23 Nov 2026 17:39:25 GMT", 1_795_455_565_000),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_the_time_of_an_answer(date: str | None, expected: int | None) -> None:
    assert _date_ms(date) == expected


@pytest.mark.parametrize(
    ("seconds", "days"), [([2_592_000], 30), ([], None), ([0], None), ([None], None), ([90], 0)]
)
def test_retention_in_days(seconds: list[int | None], days: int | None) -> None:
    rules = [SimpleNamespace(every_seconds=each) for each in seconds]
    assert _days(SimpleNamespace(retention_rules=rules)) == days
