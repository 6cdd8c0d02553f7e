import json
from importlib import resources
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.codec import encode
from contract.examples import EXAMPLES
from contract.schema import asyncapi, documents, json_schema
from contract.topics import TOPICS, Topic
from tests.unit.contract.strategies import messages

topics = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
Validator = jsonschema.Draft202012Validator


def test_the_checked_in_documents_are_current() -> None:
    """Run `guardian schema write` when this fails."""
    folder = resources.files("contract") / "generated"
    present = {
        each.name: each.read_text(encoding="utf-8")
        for each in folder.iterdir()
        if each.name.endswith(".json")
    }
    assert present == documents()


@topics
def test_each_schema_is_valid_json_schema(topic: Topic) -> None:
    schema = json_schema(topic)
    assert schema["$schema"] == Validator.META_SCHEMA["$id"]
    Validator.check_schema(schema)


@topics
def test_each_example_keeps_to_its_schema(topic: Topic) -> None:
    Validator(json_schema(topic)).validate(json.loads(encode(EXAMPLES[topic.name])))


@topics
@settings(max_examples=30)
@given(data=st.data())
def test_every_message_keeps_to_its_schema(topic: Topic, data: st.DataObject) -> None:
    message = data.draw(messages(topic.message))
    Validator(_SCHEMAS[topic.name]).validate(json.loads(encode(message)))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("location", {"lat": 91}),
        ("location", {"boot": "5f0c9a1e\n"}),
        ("location", {"boot": "x5f0c9a1e"}),
        ("location", {"seq": "5"}),
        ("panic", {"panic_id": "x"}),
        ("panic", {"kind": "flood"}),
        ("text", {"text": "x" * 201}),
        ("stored", {"reports": [{"boot": "5f0c9a1e", "seqs": [[1, 2, 3]]}]}),
        ("status", {"commands": ["019b7677-3c00-7c33-b1f0-2a3b4c5d6e7f"] * 9}),
    ],
)
def test_what_the_codec_refuses_the_schema_refuses(name: str, changes: dict[str, Any]) -> None:
    values = {**msgspec.to_builtins(EXAMPLES[name]), **changes}
    assert not Validator(_SCHEMAS[name]).is_valid(values)


@topics
def test_the_schema_says_what_is_required(topic: Topic) -> None:
    assert not Validator(_SCHEMAS[topic.name]).is_valid({"x": 1})


def test_the_asyncapi_document_names_every_topic() -> None:
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    addresses = {name: each["address"] for name, each in document["channels"].items()}
    assert addresses == {topic.name: topic.pattern for topic in TOPICS}


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi()
    references = list(_references(document))
    assert len(references) > 3 * len(TOPICS)
    for reference in references:
        assert reference.startswith("#/")
        found: Any = document
        for part in reference[2:].split("/"):
            found = found[part]
        assert found


def test_operations_are_seen_from_the_services() -> None:
    document = asyncapi()
    actions = {
        each["channel"]["$ref"].rpartition("/")[2]: each["action"]
        for each in document["operations"].values()
    }
    assert actions == {
        topic.name: "receive" if "tracker" in topic.senders else "send" for topic in TOPICS
    }


def test_operations_name_a_message_of_their_channel() -> None:
    for each in asyncapi()["operations"].values():
        (message,) = each["messages"]
        assert message["$ref"].startswith(each["channel"]["$ref"] + "/messages/")
        assert each["bindings"]["mqtt"]["qos"] == 1


def test_only_status_is_retained() -> None:
    retained = [
        name
        for name, each in asyncapi()["operations"].items()
        if each["bindings"]["mqtt"]["retain"]
    ]
    assert retained == ["receive_status"]


def test_every_parameter_of_an_address_is_described() -> None:
    for name, channel in asyncapi()["channels"].items():
        braced = {part[1:-1] for part in channel["address"].split("/") if part[0] == "{"}
        assert set(channel.get("parameters", {})) == braced, name


@topics
def test_the_examples_in_the_asyncapi_document_keep_to_its_schemas(topic: Topic) -> None:
    document = asyncapi()
    message = document["components"]["messages"][topic.name]
    whole = {**message["payload"]["schema"], "components": document["components"]}
    for example in message["examples"]:
        Validator(whole).validate(json.loads(json.dumps(example["payload"])))


def _references(node: Any) -> Any:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _references(each)


_SCHEMAS = {topic.name: json_schema(topic) for topic in TOPICS}
