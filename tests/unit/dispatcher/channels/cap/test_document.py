"""CAP messages against the schema of OASIS, and what is in them."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from contract.messages import IncidentClass, IncidentMark, IncidentState, PanicKind
from dispatcher.channels.cap.document import Voice, cap_time, circle, document, feet
from dispatcher.channels.cap.thread import Kind, Sent
from dispatcher.following.circle import UNKNOWN_ACCURACY_M
from dispatcher.message import Message
from tests.unit.dispatcher.channels.cap.messages import INCIDENT, NOW, message, place

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("CAP-v1.2.xsd")))
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
THIN = Voice(sender="guardian@police.example", addresses=("dispatch", "Station 7"))
FULL = Voice(
    sender="guardian@police.example", addresses=("dispatch",), language="zh-TW", full=True,
    console_url="https://console.example/",
)  # fmt: skip
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-00:00\Z")


def sent(kind: Kind = "Alert", identifier: str = f"{INCIDENT}.0", at: int = NOW) -> Sent:
    return Sent(identifier=identifier, kind=kind, sent=at, expires=at + 1000, version=3)


def parsed(written: bytes) -> Any:
    root = etree.fromstring(written)
    SCHEMA.assertValid(root)
    return root


def text(root: Any, path: str) -> str | None:
    found: str | None = root.findtext("/".join(CAP + each for each in path.split("/")))
    return found


def test_a_thin_alert_says_no_place_no_device_and_no_words() -> None:
    written = document(message(), sent(), (), THIN)
    root = parsed(written)
    assert text(root, "identifier") == f"{INCIDENT}.0"
    assert text(root, "status") == "Actual"
    assert text(root, "scope") == "Private"
    assert text(root, "addresses") == 'dispatch "Station 7"'
    assert text(root, "incidents") == INCIDENT
    assert text(root, "sent") == "2023-11-14T22:13:20-00:00"
    for secret in (b"25.03", b"121.56", b"knife", b"tracker-a", b"<area>", b"silent"):
        assert secret not in written


def test_a_full_one_says_where_and_whose() -> None:
    root = parsed(document(message(jurisdiction="信義分局"), sent(), (), FULL))
    assert text(root, "info/area/circle") == "25.033400,121.564500 0.0120"
    assert text(root, "info/area/altitude") == "328.08"
    assert text(root, "info/area/areaDesc") == "信義分局, fix of 2023-11-14T22:13:20-00:00"
    assert text(root, "info/description") == "he has a knife"
    assert text(root, "info/web") == f"https://console.example/#{INCIDENT}"
    assert text(root, "info/language") == "zh-TW"


def test_the_station_alone_is_thin() -> None:
    root = parsed(document(message(jurisdiction="taipei-xinyi"), sent(), (), THIN))
    assert text(root, "info/area/areaDesc") == "taipei-xinyi"
    assert text(root, "info/area/circle") is None


@pytest.mark.parametrize("class_", ["test", "canary"])
def test_what_is_no_alarm_has_the_status_of_a_test(class_: IncidentClass) -> None:
    root = parsed(document(message(class_=class_), sent(), (), THIN))
    assert text(root, "status") == "Test"
    assert (text(root, "info/headline") or "").startswith("TEST: ")


def test_references_are_sender_identifier_and_time() -> None:
    known = (sent(), sent("Update", f"{INCIDENT}.1", NOW + 90_000))
    root = parsed(document(message(), sent("Cancel", f"{INCIDENT}.2", NOW + 95_000), known, THIN))
    assert (text(root, "references") or "").split() == [
        f"guardian@police.example,{INCIDENT}.0,2023-11-14T22:13:20-00:00",
        f"guardian@police.example,{INCIDENT}.1,2023-11-14T22:14:50-00:00",
    ]


@given(st.floats(0, 20_037_508), st.floats(-90, 90), st.floats(-180, 180))
def test_a_circle_comes_back_as_it_was(accuracy: float, lat: float, lon: float) -> None:
    """Within 10 cm: kilometres with four places, degrees with six."""
    centre, radius = circle(place(lat=lat, lon=lon, accuracy=accuracy)).split()
    north, east = map(float, centre.split(","))
    assert abs(float(radius) * 1000 - accuracy) <= 0.051
    assert abs(north - lat) <= 6e-7
    assert abs(east - lon) <= 6e-7


def test_an_accuracy_that_nobody_knows_is_not_zero() -> None:
    assert float(circle(place(accuracy=None)).split()[1]) * 1000 == UNKNOWN_ACCURACY_M


@given(st.floats(-500, 12_000))
def test_an_altitude_comes_back_as_it_was(metres: float) -> None:
    assert abs(float(feet(metres)) * 0.3048 - metres) <= 0.0016


@given(st.integers(0, 4_102_444_800_000))
def test_a_time_comes_back_with_an_offset_and_without_a_fraction(at: int) -> None:
    written = cap_time(at)
    assert TIME.match(written)
    assert int(datetime.fromisoformat(written).timestamp()) == at // 1000


@st.composite
def messages(draw: st.DrawFn) -> Message:
    return message(
        class_=draw(st.sampled_from(get_args(IncidentClass))),
        state=draw(st.sampled_from(get_args(IncidentState))),
        kind=draw(st.sampled_from([*get_args(PanicKind), None])),
        priority=draw(st.integers(1, 5)),
        marks=draw(st.lists(st.sampled_from(get_args(IncidentMark)), unique=True)),
        jurisdiction=draw(st.none() | st.text(max_size=40)),
        device=draw(st.none() | st.just("tracker-a")),
        note=draw(st.none() | st.text(max_size=200)),
        silent=draw(st.booleans()),
        step=draw(st.none() | st.integers(0, 9)),
        place=draw(st.none() | st.builds(place, alt=st.none() | st.floats(-500, 9000))),
    )


@given(messages(), st.sampled_from(get_args(Kind)), st.sampled_from([THIN, FULL]))
def test_whatever_there_is_to_say_the_schema_holds(said: Message, kind: Kind, voice: Voice) -> None:
    parsed(document(said, sent(kind), (sent(),) if kind != "Alert" else (), voice))
