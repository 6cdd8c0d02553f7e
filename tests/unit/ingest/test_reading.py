"""One message to rows and dead letters."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import codec
from contract.messages import Location, Status
from contract.topics import HISTORY, LOCATION, PANIC, STATUS
from ingest.reading import KNOWN_TOPICS, Reader, marks, rejected
from telemetry_store.rows import LocationRow, StatusRow
from tests.unit.ingest.doubles import BOOT, NOW, place

DAY_MS = 86_400_000
READER = Reader(30 * DAY_MS)


def test_a_location_is_one_row() -> None:
    """Whose it is says the topic, whatever the payload claims."""
    payload = json.loads(codec.encode(place(7)))
    claimed = json.dumps({**payload, "device": "somebody-else"}).encode()
    reading = READER.read(LOCATION.of("t-1"), claimed, NOW)
    assert reading.rows == (LocationRow("t-1", place(7)),)
    assert reading.reports == ((BOOT, 7),)
    assert not reading.dead
    assert not reading.at_once


def test_a_history_is_many_rows_and_the_tracker_waits() -> None:
    """In their order."""
    payload = codec.encode([place(1), place(2)])
    reading = READER.read(HISTORY.of("t"), payload, NOW)
    assert [row.location.seq for row in reading.rows if isinstance(row, LocationRow)] == [1, 2]
    assert reading.reports == ((BOOT, 1), (BOOT, 2))
    assert reading.at_once


def test_one_bad_point_costs_one_point() -> None:
    """Its dead letter holds it alone, under the topic on which it can be sent again."""
    good = codec.encode(place(1)).decode()
    bad = codec.encode(place(2)).decode().replace("121.5", '"east"')
    reading = READER.read(HISTORY.of("t"), f"[{good},{bad},{good}]".encode(), NOW)
    assert len(reading.rows) == 2
    (letter,) = reading.dead
    assert (letter.topic, letter.payload) == (LOCATION.of("t"), bad.encode())
    assert letter.reason == "unreadable"
    assert "lon" in letter.detail


def test_a_dead_letter_with_a_readable_id_counts_as_stored() -> None:
    """It need not come again."""
    payload = codec.encode(place(5)).replace(b"25.0", b"125.0")
    reading = READER.read(LOCATION.of("t"), payload, NOW)
    assert reading.reports == ((BOOT, 5),)
    assert not reading.rows


def test_a_dead_letter_without_an_id_names_nothing() -> None:
    """The tracker gives it up by itself."""
    reading = READER.read(LOCATION.of("t"), b"{}", NOW)
    assert reading.reports == ()
    assert len(reading.dead) == 1


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (NOW + DAY_MS, None),
        (NOW + DAY_MS + 1, "more than a day in the future"),
        (NOW - 30 * DAY_MS, None),
        (NOW - 30 * DAY_MS - 1, "older than positions are kept"),
        (0, "older than positions are kept"),
        (2**53, "more than a day in the future"),
    ],
)
def test_times_are_judged_before_writing(time: int, reason: str | None) -> None:
    """A time in 2036 would be the newest for ten years; an old one the store would drop."""
    reading = READER.read(LOCATION.of("t"), codec.encode(place(9, time)), NOW)
    assert reading.reports == ((BOOT, 9),)
    if reason is None:
        assert len(reading.rows) == 1
        assert not reading.dead
    else:
        assert not reading.rows
        assert [(each.reason, each.detail) for each in reading.dead] == [
            ("implausible_time", reason)
        ]


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (place(0, NOW + 5_000), set()),
        (place(0, NOW + 5_001), {"bad_clock"}),
        (place(0, accuracy=100.0), set()),
        (place(0, accuracy=100.1), {"low_accuracy"}),
        (place(0, fix="estimated"), {"estimated"}),
        (place(0, fix="simulated", accuracy=1e9), {"simulated", "low_accuracy"}),
        (place(0, fix="gps"), set()),
    ],
)
def test_a_report_is_marked_with_what_it_shows_itself(
    location: Location, expected: set[str]
) -> None:
    """And stored all the same."""
    assert marks(location, NOW) == expected


def test_a_status_is_dated_by_its_arrival_too() -> None:
    """A last will knows no other date."""
    status = Status(at=1, state="lost", boot=BOOT, connect=2)
    reading = READER.read(STATUS.of("t"), codec.encode(status), NOW)
    assert reading.rows == (StatusRow("t", status, NOW),)
    assert reading.reports == ()


def test_an_empty_status_is_nothing() -> None:
    """So MQTT deletes a retained message."""
    reading = READER.read(STATUS.of("t"), b"", NOW)
    assert not reading.rows
    assert not reading.dead


@pytest.mark.parametrize("topic", [PANIC.of("t"), "guardian/v1/BAD/location", "x", "", "a/b/c/d"])
def test_a_foreign_topic_is_a_dead_letter(topic: str) -> None:
    """It cannot come by our subscriptions, so somebody should see it."""
    reading = READER.read(topic, b"{}", NOW)
    assert [letter.reason for letter in reading.dead] == ["unreadable"]


def test_a_rejected_row_can_be_sent_again() -> None:
    """The dead letter holds the message that the tracker sent."""
    letter = rejected(LocationRow("t", place(3)), "why")
    assert (letter.device, letter.topic, letter.reason) == ("t", LOCATION.of("t"), "rejected")
    assert codec.decode(Location, letter.payload) == place(3)
    status = Status(at=1, state="lost", boot=BOOT, connect=2)
    assert codec.decode(Status, rejected(StatusRow("t", status, 1), "").payload) == status


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
_NEAR = st.fixed_dictionaries(
    {"boot": st.just(BOOT) | _JSON, "seq": st.integers() | _JSON, "time": st.integers() | _JSON},
    optional={"lat": st.floats() | _JSON, "lon": st.floats() | _JSON, "fix": _JSON, "alt": _JSON},
)


@given(
    st.sampled_from([LOCATION.of("t"), HISTORY.of("t"), STATUS.of("t")]),
    st.binary()
    | _JSON.map(lambda value: json.dumps(value).encode())
    | _NEAR.map(lambda value: json.dumps(value).encode())
    | st.lists(_NEAR, max_size=4).map(lambda value: json.dumps(value).encode()),
)
def test_no_bytes_raise(topic: str, payload: bytes) -> None:
    """Any bytes give rows or dead letters, and rows that a store's schema can hold."""
    reading = READER.read(topic, payload, NOW)
    assert all(letter.device == "t" for letter in reading.dead)
    for row in reading.rows:
        rejected(row, "")


@given(st.lists(st.booleans(), max_size=20))
def test_a_history_loses_exactly_its_bad_points(good: list[bool]) -> None:
    """Every element is a row or a dead letter, and all with an id are safe afterwards."""
    elements = [
        codec.encode(place(seq)) if fine else b'{"boot":"0a1b2c3d","seq":%d}' % seq
        for seq, fine in enumerate(good)
    ]
    reading = READER.read(HISTORY.of("t"), b"[" + b",".join(elements) + b"]", NOW)
    assert len(reading.rows) == sum(good)
    assert len(reading.dead) == len(good) - sum(good)
    assert reading.reports == tuple((BOOT, seq) for seq in range(len(good)))


def test_no_more_topics_are_known_than_there_is_room_for() -> None:
    """Foreign ones never are."""
    reader = Reader(30 * DAY_MS)
    for number in range(KNOWN_TOPICS + 10):
        assert reader.read(STATUS.of(f"t-{number}"), b"", NOW).device == f"t-{number}"
        reader.read(f"x/{number}", b"", NOW)
    assert len(reader._known) == KNOWN_TOPICS
