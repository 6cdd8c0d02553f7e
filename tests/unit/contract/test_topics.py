import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import topics
from contract.errors import DecodeError, InvalidIdError
from contract.topics import TOPICS, Topic, parse_tracker_topic
from tests.unit.contract.strategies import devices

OF_TRACKERS = [topic for topic in TOPICS if "{device}" in topic.pattern]

each_of_a_tracker = pytest.mark.parametrize("topic", OF_TRACKERS, ids=lambda topic: topic.name)


@each_of_a_tracker
@given(device=devices())
def test_a_trackers_topic_comes_back(topic: Topic, device: str) -> None:
    assert parse_tracker_topic(topic.of(device)) == (device, topic)


@given(st.text() | st.text(alphabet="guardian/v1+#abc"))
def test_any_topic_is_a_trackers_or_refused(text: str) -> None:
    with contextlib.suppress(DecodeError):
        device, topic = parse_tracker_topic(text)
        assert topic.of(device) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "taxi/panic",
        "guardian/v1/taxi",
        "guardian/v1/taxi/",
        "guardian/v1/taxi/horn",
        "guardian/v1/taxi/panic/x",
        "guardian/v1//panic",
        "guardian/v1/TAXI/panic",
        "guardian/v1/taxi\n/panic",
        "guardian/v2/taxi/panic",
        "x/guardian/v1/taxi/panic",
        "/guardian/v1/taxi/panic",
        "guardian/v1/dispatch/panic",
        "guardian/v1/dispatch/notice",
        "guardian/v1/dispatch/incident/1",
        "guardian/v1/svc.ingest.1/stored",
    ],
)
def test_what_is_no_trackers_topic_is_refused(text: str) -> None:
    with pytest.raises(DecodeError, match=r"^topic: "):
        parse_tracker_topic(text)


def test_filters_take_every_tracker_or_one() -> None:
    assert topics.PANIC.filter() == "guardian/v1/+/panic"
    assert topics.PANIC.filter("taxi-1") == "guardian/v1/taxi-1/panic"
    assert topics.INCIDENT.filter() == "guardian/v1/dispatch/incident/+"
    assert topics.NOTICE.filter() == "guardian/v1/dispatch/notice"


def test_an_incidents_topic_names_it() -> None:
    assert topics.INCIDENT.of("inc-1") == "guardian/v1/dispatch/incident/inc-1"


@pytest.mark.parametrize("name", ["", "a/b", "+", "#", "a\x00", "a\n"])
def test_a_name_is_one_level_and_no_wildcard(name: str) -> None:
    with pytest.raises(InvalidIdError, match="one level of a topic"):
        topics.COMMAND.of(name)


def test_names_and_patterns_are_unique() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)
    assert len({topic.pattern for topic in TOPICS}) == len(TOPICS)


def test_only_status_is_retained() -> None:
    assert [topic.name for topic in TOPICS if topic.retained] == ["status"]


@each_of_a_tracker
def test_no_topic_is_both_sent_and_received_by_trackers(topic: Topic) -> None:
    assert ("tracker" in topic.senders) != ("tracker" in topic.receivers)
