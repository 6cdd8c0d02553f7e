"""What we send against what paho sends when it is asked for the same."""

import struct
from dataclasses import replace
from typing import Any

import paho.mqtt.client as paho
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from runtime.mqtt.interface import LinkSettings, Will
from runtime.mqtt.protocol import requests
from tests.unit.runtime.mqtt.protocol.wire import V5

SETTINGS = LinkSettings(
    brokers=("mqtt://broker.example:1883",),
    client_id="svc.ingest.1",
    ca_file=None,
    cert_file=None,
    key_file=None,
    username=None,
    password=None,
    keepalive_s=30,
    session_expiry_s=3600,
    receive_maximum=2000,
    send_buffer=None,
)
MAXIMUM_PACKET_SIZE = 65536
TOPICS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0+#"), min_size=1, max_size=300
)


class Paho(paho.Client):
    """paho with a socket that only listens."""

    def __init__(self, settings: LinkSettings = SETTINGS, will: Will | None = None) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, settings.client_id, protocol=V5)
        self.sent = b""
        self.on_socket_register_write = lambda *_: None
        if settings.username is not None:
            self.username_pw_set(settings.username, settings.password)
        if will is not None:
            self.will_set(will.topic, will.payload, 1, will.retain)
        asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        asked.SessionExpiryInterval = settings.session_expiry_s
        asked.ReceiveMaximum = settings.receive_maximum
        asked.MaximumPacketSize = MAXIMUM_PACKET_SIZE
        self.connect(
            "broker.example", 1883, settings.keepalive_s,
            clean_start=settings.clean_start, properties=asked,
        )  # fmt: skip

    def _create_socket(self) -> Any:
        return self

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - paho's signature
        """Take what a socket takes."""

    def send(self, data: bytes) -> int:
        self.sent += data
        return len(data)

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        """Take what a socket takes."""

    def said(self) -> bytes:
        """Return what it has sent since the last call."""
        self.loop_write()
        sent, self.sent = self.sent, b""
        return sent


@pytest.mark.parametrize(
    ("settings", "will"),
    [
        (SETTINGS, None),
        (replace(SETTINGS, clean_start=True, keepalive_s=0), None),
        (replace(SETTINGS, username="user"), None),
        (replace(SETTINGS, username="user", password="pässword"), None),
        (SETTINGS, Will("a/will", b"lost", retain=True)),
        (replace(SETTINGS, username="u", password=""), Will("w", b"", retain=False)),
    ],
)
def test_connect(settings: LinkSettings, will: Will | None) -> None:
    """The same bytes."""
    assert requests.connect(settings, will, MAXIMUM_PACKET_SIZE) == Paho(settings, will).said()


@given(
    topic=TOPICS,
    payload=st.binary(max_size=300) | st.sampled_from([16_300, 16_400, 20_000]).map(bytes),
    retain=st.booleans(),
    expiry_s=st.none() | st.integers(0, 2**32 - 1),
)
def test_publish(*, topic: str, payload: bytes, retain: bool, expiry_s: int | None) -> None:
    """The same bytes, with lengths of one, two and three bytes."""
    client = Paho()
    client.said()
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if expiry_s is not None:
        properties.MessageExpiryInterval = expiry_s
    client._state = 2  # type: ignore[assignment]
    packet = client.publish(topic, payload, 1, retain, properties).mid
    ours = requests.publish(packet, topic, payload, retain=retain, expiry_s=expiry_s)
    assert ours == client.said()


@given(st.lists(TOPICS, min_size=1, max_size=5))
def test_subscribe_and_unsubscribe(filters: list[str]) -> None:
    """The same bytes."""
    client = Paho()
    client.said()
    options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
    _, packet = client.subscribe([(each, options) for each in filters])
    assert requests.subscribe(packet or 0, filters) == client.said()
    _, packet = client.unsubscribe(filters)
    assert requests.unsubscribe(packet or 0, filters) == client.said()


@given(st.lists(st.integers(1, 65535), max_size=50))
def test_pubacks_are_joined_in_their_order(packets: list[int]) -> None:
    """Four bytes each."""
    expected = b"".join(struct.pack("!BBH", 0x40, 2, packet) for packet in packets)
    assert requests.pubacks(packets) == expected


def test_the_short_ones() -> None:
    """3.12 and 3.14."""
    assert requests.PINGREQ == b"\xc0\x00"
    assert requests.disconnect() == b"\xe0\x00"
    assert requests.disconnect(0x81) == b"\xe0\x01\x81"


@pytest.mark.parametrize("topic", ["", "a/+", "#", "a\0b"])
def test_a_topic_that_no_broker_would_take(topic: str) -> None:
    """It would end the connection."""
    with pytest.raises(ValueError, match="wildcards"):
        requests.publish(1, topic, b"", retain=False, expiry_s=None)


def test_a_text_for_which_there_is_no_room() -> None:
    """Two bytes of length."""
    with pytest.raises(ValueError, match="at most 65535"):
        requests.publish(1, "x" * 65536, b"", retain=False, expiry_s=None)
