import uuid

import pytest

from contract.salvage import read_panic
from dispatcher.panic import MAX_FIRST_VERSION, Panic, new_incident, new_press

ID = "0191d2c4-0000-7000-8000-000000000001"
NOW = 1_700_000_000_000


def panic(payload: bytes, device: str = "tracker-a") -> Panic:
    return Panic(device, payload, read_panic(payload), NOW)


def test_the_incidents_id_follows_from_the_press() -> None:
    """All dispatchers, and an alert from memory, agree on it without asking each other."""
    first = panic(b'{"panic_id":"%s","update":0}' % ID.encode())
    again = panic(b'{"panic_id":"%s","update":7,"kind":"fall"}' % ID.upper().encode())
    assert first.incident_id == again.incident_id == str(uuid.UUID(first.incident_id))
    other = panic(b'{"panic_id":"%s","update":0}' % ID.encode(), "tracker-b")
    assert other.incident_id != first.incident_id


def test_without_an_id_it_follows_from_the_payload() -> None:
    assert panic(b"x").incident_id == panic(b"x").incident_id != panic(b"y").incident_id


def test_an_update_that_cannot_be_read_is_not_taken_for_the_press() -> None:
    assert panic(b'{"update":3}').update == 3
    assert panic(b'{"update":"x"}').update is None
    assert panic(b"{}").update is None


def test_rows_begin_with_what_could_be_read() -> None:
    found = panic(b'{"panic_id":"%s","kind":"fall","silent":false}' % ID.encode())
    incident = new_incident(found, "production", NOW)
    press = new_press(found, incident.id, 1, NOW)
    assert (incident.kind, incident.silent, incident.unacknowledged) == ("fall", False, True)
    assert (press.panic_id, press.stage, press.received_at) == (ID, "received", NOW)
    assert incident.marks == press.marks == ["unreadable", "no_fix"]


@pytest.mark.parametrize(
    ("fields", "version"),
    [
        ("", 0),
        (',"age_ms":900', 0),
        (',"age_ms":95000', 95),
        (f',"pressed_at":{NOW - 20_000}', 20),
        (f',"pressed_at":{NOW + 20_000}', 0),
        (',"pressed_at":1', MAX_FIRST_VERSION),
        (f',"age_ms":{2**53}', MAX_FIRST_VERSION),
    ],
)
def test_an_old_press_begins_with_a_version_above_those_that_its_tracker_may_know(
    fields: str, version: int
) -> None:
    """A backup may be from before it; its tracker passes over lower versions."""
    found = panic(b'{"panic_id":"%s"%s}' % (ID.encode(), fields.encode()))
    assert new_press(found, found.incident_id, 1, NOW).version == version
