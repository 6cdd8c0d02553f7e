"""Settings that MQTT has no room for, and what a log may show of them."""

from typing import Any

import pytest

from runtime.mqtt.interface import LinkSettings, Will


def _settings(**changes: Any) -> LinkSettings:
    given: dict[str, Any] = {
        "brokers": ("mqtt://localhost:1",),
        "client_id": "a",
        "ca_file": None,
        "cert_file": None,
        "key_file": None,
        "username": "a",
        "password": "hunter2",
        "keepalive_s": 60,
        "session_expiry_s": 3600,
        "receive_maximum": 20,
        "send_buffer": None,
    }
    return LinkSettings(**{**given, **changes})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("receive_maximum", 0),
        ("receive_maximum", 65536),
        ("keepalive_s", -1),
        ("keepalive_s", 65536),
        ("session_expiry_s", -1),
        ("session_expiry_s", 2**32),
    ],
)
def test_what_has_no_room_in_its_field_is_refused(field: str, value: int) -> None:
    with pytest.raises(ValueError, match=field):
        _settings(**{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("receive_maximum", 1),
        ("receive_maximum", 65535),
        ("keepalive_s", 0),
        ("session_expiry_s", 2**32 - 1),
    ],
)
def test_the_limits_themselves_are_taken(field: str, value: int) -> None:
    assert getattr(_settings(**{field: value}), field) == value


@pytest.mark.parametrize(
    ("topic", "payload"), [("", b""), ("a/#", b""), ("a/+/b", b""), ("a", bytes(65536))]
)
def test_a_will_that_no_broker_takes_is_refused_where_it_is_made(
    topic: str, payload: bytes
) -> None:
    with pytest.raises(ValueError, match="will"):
        Will(topic, payload, retain=True)


def test_the_password_does_not_show() -> None:
    assert "hunter2" not in repr(_settings())
