from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.cloudevents import incident_event, notice_event, rfc3339
from contract.errors import EncodeError
from contract.messages import Incident
from tests.unit.contract.strategies import messages

END_OF_9999 = 253_402_300_799_999


@given(messages(Incident), st.integers(0, END_OF_9999), st.integers(0, END_OF_9999))
def test_repeats_of_one_version_have_one_id(incident: Incident, first: int, again: int) -> None:
    """Receivers drop repeats by source and id."""
    one = incident_event(incident, source="urn:x", at=first)
    other = incident_event(incident, source="urn:x", at=again)
    assert one.id == other.id
    later = msgspec.structs.replace(incident, version=incident.version + 1)
    assert incident_event(later, source="urn:x", at=first).id != one.id


def test_an_incident_event_says_state_and_subject() -> None:
    incident = Incident(
        incident="inc-1",
        version=3,
        class_="production",
        origin="panic",
        state="on_scene",
        priority=1,
        marks=[],
        opened_at=5,
    )
    event = incident_event(incident, source="urn:guardian:dispatcher:1", at=1_767_225_600_123)
    assert event.id == "inc-1.3"
    assert event.type == "org.guardian.incident.on_scene"
    assert event.subject == "inc-1"
    assert event.source == "urn:guardian:dispatcher:1"
    assert event.time == "2026-01-01T00:00:00.123Z"
    assert event.data is incident


def test_a_notice_has_the_id_it_is_given() -> None:
    event = notice_event("audit_head", {"rows": 5}, event_id="a1", source="urn:x", at=0)
    assert (event.id, event.type) == ("a1", "org.guardian.notice.audit_head")
    assert event.data == {"rows": 5}


@given(st.integers(0, END_OF_9999))
def test_times_lose_no_millisecond(at: int) -> None:
    when = datetime.fromisoformat(rfc3339(at))
    assert (when - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000 == pytest.approx(at)
    assert rfc3339(at).endswith("Z")
    assert int(rfc3339(at)[20:23]) == at % 1000


@pytest.mark.parametrize("at", [-1, END_OF_9999 + 1, 2**53, 2**63, -(2**63)])
def test_times_that_cannot_be_written_are_refused(at: int) -> None:
    with pytest.raises(EncodeError):
        rfc3339(at)
