import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_config.watch.statistics import STATISTICS, UnreadableStatisticError, parse

DROPPED = "$SYS/broker/publish/messages/dropped"
TOPICS = [each.topic for each in STATISTICS]


def test_a_number_is_found_by_its_topic() -> None:
    found = parse(DROPPED, b"17")
    assert found is not None
    assert (found[0].metric, found[1]) == ("guardian_broker_messages_dropped_total", 17)


def test_what_nobody_asked_for_is_passed_over() -> None:
    assert parse("$SYS/broker/version", b"mosquitto version 2.0.11") is None


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"-1",
        b"1.5",
        b"nan",
        b"inf",
        b"1e3",
        b" 1",
        b"1\n",
        b"\xff\xfe",
        b"9" * 19,
        "٣".encode(),
    ],
)
def test_what_is_no_number_is_refused(payload: bytes) -> None:
    with pytest.raises(UnreadableStatisticError, match="dropped"):
        parse(DROPPED, payload)


@given(topic=st.one_of(st.sampled_from(TOPICS), st.text()), payload=st.binary())
def test_any_bytes_are_a_number_or_refused(topic: str, payload: bytes) -> None:
    try:
        found = parse(topic, payload)
    except UnreadableStatisticError:
        return
    assert found is None or 0 <= found[1] < 10**18


@given(topic=st.sampled_from(TOPICS), number=st.integers(min_value=0, max_value=10**18 - 1))
def test_every_number_that_mosquitto_counts_to_is_read(topic: str, number: int) -> None:
    found = parse(topic, str(number).encode())
    assert found is not None
    assert found[1] == number


def test_counters_are_named_as_prometheus_wants_them() -> None:
    for each in STATISTICS:
        assert each.metric.startswith("guardian_broker_")
        assert each.metric.endswith("_total") == (each.type == "counter")
