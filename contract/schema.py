"""JSON Schema 2020-12 of each message, and AsyncAPI 3 of all topics, from the types themselves."""

import json
from typing import Any

import msgspec

from contract.examples import EXAMPLES
from contract.topics import PREFIX, TOPICS, Role, Topic

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ASYNCAPI = "asyncapi"
"""The name of the document about all topics."""

_SERVICES: frozenset[Role] = frozenset({"ingest", "dispatcher"})
_VERSION = "1.0.0"  # of the contract, which the topics' v1 names; not of the program
_NOTE = (
    "Payloads are JSON in UTF-8, at most 8 KiB. Unknown fields are ignored. Times are milliseconds "
    "since 1970, UTC. Lengths are metres, speeds m/s, angles degrees true, WGS 84. Integers are "
    "written without fraction or exponent. A number that is not known is absent, never 0."
)


def documents() -> dict[str, str]:
    """Return the text of each generated document by its file's name."""
    files = {f"{topic.name}.schema.json": json_schema(topic) for topic in TOPICS}
    files[f"{ASYNCAPI}.json"] = asyncapi()
    return {name: _text(document) for name, document in sorted(files.items())}


def json_schema(topic: Topic) -> dict[str, Any]:
    """Return the schema of a topic's message, complete in itself."""
    return {
        "$schema": DIALECT,
        "$id": f"urn:{PREFIX.replace('/', ':')}:{topic.name}",
        "title": topic.name,
        "description": f"{topic.pattern}: {topic.summary}. {_NOTE}",
        "examples": [_example(topic)],
        **msgspec.json.schema(topic.message),
    }


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3 document, seen from Guardian's services."""
    schemas, components = msgspec.json.schema_components(
        [topic.message for topic in TOPICS], ref_template="#/components/schemas/{name}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Guardian",
            "version": _VERSION,
            "description": f"What trackers, services and other systems tell each other. {_NOTE}"
            " Operations are seen from Guardian's services: they receive what trackers send.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "broker.example:8883",
                "protocol": "secure-mqtt",
                "protocolVersion": "5",
                "description": "A tracker's certificate names it: its user, its client id and its"
                " only topics. Trackers may also speak MQTT 3.1.1.",
                "security": [{"$ref": "#/components/securitySchemes/certificate"}],
            }
        },
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": dict(_operation(topic) for topic in TOPICS),
        "components": {
            "securitySchemes": {"certificate": {"type": "X509"}},
            "messages": {
                topic.name: _message(topic, schema)
                for topic, schema in zip(TOPICS, schemas, strict=True)
            },
            "schemas": components,
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": topic.pattern,
        "summary": topic.summary,
        "messages": {topic.name: {"$ref": f"#/components/messages/{topic.name}"}},
        "x-senders": sorted(topic.senders),
        "x-receivers": sorted(topic.receivers),
    }
    parameters = {"device": "the tracker's id", "incident": "the incident's id"}
    named = {key: text for key, text in parameters.items() if f"{{{key}}}" in topic.pattern}
    if named:
        channel["parameters"] = {key: {"description": text} for key, text in named.items()}
    return channel


def _operation(topic: Topic) -> tuple[str, dict[str, Any]]:
    action = "send" if topic.senders & _SERVICES else "receive"
    return f"{action}_{topic.name}", {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": topic.summary,
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{topic.name}"}],
        "bindings": {"mqtt": {"qos": 1, "retain": topic.retained, "bindingVersion": "0.2.0"}},
    }


def _message(topic: Topic, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": topic.name,
        "summary": topic.summary,
        "contentType": "application/json",
        "payload": {
            "schemaFormat": "application/schema+json;version=2020-12",
            "schema": schema,
        },
        "examples": [{"payload": _example(topic)}],
    }


def _example(topic: Topic) -> Any:
    return msgspec.to_builtins(EXAMPLES[topic.name])


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
