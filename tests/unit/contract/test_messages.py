import json
from typing import get_origin

import pytest
from msgspec import inspect

from contract import messages
from contract.cloudevents import notice_event
from contract.codec import encode
from contract.topics import TOPICS, Topic

PERSONAL = {"name", "plate", "lat", "lon", "location", "phone", "driver", "destination", "note"}


def _inside(info: inspect.Type) -> list[inspect.Type]:
    """Return a type and every type that it is made of."""
    inner = [getattr(info, name, None) for name in ("type", "item_type", "value_type")]
    inner += [*getattr(info, "types", ()), *getattr(info, "item_types", ())]
    inner += [field.type for field in getattr(info, "fields", ())]
    types = [each for each in inner if isinstance(each, inspect.Type)]
    return [info, *(found for each in types for found in _inside(each))]


def _structs(info: inspect.Type) -> list[inspect.StructType]:
    return [each for each in _inside(info) if isinstance(each, inspect.StructType)]


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_messages_are_frozen_and_ignore_unknown_fields(topic: Topic) -> None:
    infos = _structs(inspect.type_info(topic.message))
    structs = [get_origin(each.cls) or each.cls for each in infos]
    assert structs
    assert all(each.__struct_config__.frozen for each in structs)
    assert not any(each.__struct_config__.forbid_unknown_fields for each in structs)


@pytest.mark.parametrize(
    "topic", [each for each in TOPICS if each.name != "notice"], ids=lambda topic: topic.name
)
def test_every_integer_fits_every_reader(topic: Topic) -> None:
    """JavaScript's numbers end at 2**53; what a notice says is open."""
    for each in _inside(inspect.type_info(topic.message)):
        if isinstance(each, inspect.IntType):
            assert each.ge is not None
            assert each.le is not None
            assert each.le <= 2**53


def test_an_incident_has_no_name_number_plate_or_position() -> None:
    assert not PERSONAL & set(messages.Incident.__struct_encode_fields__)


def test_an_incidents_class_is_called_class() -> None:
    assert "class" in messages.Incident.__struct_encode_fields__


def test_a_cloud_event_always_says_its_version() -> None:
    """CloudEvents requires `specversion`; an absent subject is left out."""
    event = notice_event("canary", {}, event_id="1", source="urn:x", at=0)
    assert json.loads(encode(event)) == {
        "specversion": "1.0",
        "id": "1",
        "source": "urn:x",
        "type": "org.guardian.notice.canary",
        "time": "1970-01-01T00:00:00.000Z",
        "datacontenttype": "application/json",
        "data": {},
    }
