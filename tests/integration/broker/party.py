"""A party on MQTT for the tests: paho without anything of ours in between."""

import socket
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from guardian.demo.probes import HOST
from tests.integration.broker.site import Keys

V311 = MQTTProtocolVersion.MQTTv311
V5 = MQTTProtocolVersion.MQTTv5
WAIT_S = 10.0


class RefusedError(Exception):
    """The broker let nobody in."""


@dataclass(frozen=True)
class Message:
    """One delivery."""

    topic: str
    payload: bytes
    retain: bool = False


class Party:
    """One connection. It never reconnects by itself."""

    def __init__(
        self,
        keys: Keys,
        port: int,
        client_id: str,
        *,
        version: MQTTProtocolVersion = V5,
        clean: bool = True,
        will: Message | None = None,
    ) -> None:
        self.messages: list[Message] = []
        self.session_present = False
        self._changed = threading.Condition()
        self._acknowledged: dict[int, int] = {}
        self._subscribed: set[int] = set()
        self._up: int | None = None
        self.down = threading.Event()
        self._client = _client(client_id, version, clean=clean)
        self._client.tls_set(
            str(keys.ca), str(keys.cert) if keys.cert else None, str(keys.key) if keys.key else None
        )
        if will is not None:
            self._client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        self._client.on_socket_open = _without_delay
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._connect(port, version, clean=clean)

    def subscribe(self, *filters: str) -> "Party":
        """Subscribe at QoS 1 and wait for the answer, whatever it says."""
        for each in filters:
            _, packet = self._client.subscribe(each, qos=1)
            self._await(lambda packet=packet: packet in self._subscribed, f"SUBACK for {each}")
        return self

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Publish at QoS 1, wait for PUBACK and return its reason code (0 on 3.1.1)."""
        packet = self._client.publish(topic, payload, qos=1, retain=retain).mid
        self._await(lambda: packet in self._acknowledged, f"PUBACK for {topic}")
        return self._acknowledged[packet]

    def send(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 1 without waiting."""
        self._client.publish(topic, payload, qos=1)

    def await_message(self, payload: bytes) -> Message:
        """Wait until a message with this payload was delivered."""
        self._await(lambda: any(each.payload == payload for each in self.messages), repr(payload))
        return next(each for each in self.messages if each.payload == payload)

    def await_count(self, payload: bytes, count: int) -> None:
        """Wait until this payload was delivered so many times."""
        self._await(lambda: self.payloads().count(payload) >= count, f"{count} messages")

    def payloads(self) -> list[bytes]:
        """Return what was delivered so far."""
        return [each.payload for each in self.messages]

    def disconnect(self) -> None:
        """Leave in order: no will."""
        self._client.disconnect()
        assert self.down.wait(WAIT_S)
        self._client.loop_stop()

    def vanish(self) -> None:
        """Be gone without DISCONNECT."""
        connection: Any = self._client.socket()
        if connection is not None and not self.down.is_set():
            connection.shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()

    def _connect(self, port: int, version: MQTTProtocolVersion, *, clean: bool) -> None:
        try:
            if version == V5:
                expiry: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
                expiry.SessionExpiryInterval = 0 if clean else 600
                self._client.connect(HOST, port, clean_start=clean, properties=expiry)
            else:
                self._client.connect(HOST, port)
        except OSError as error:
            raise RefusedError(str(error)) from error
        self._client.loop_start()
        self._await(lambda: self._up is not None or self.down.is_set(), "CONNACK")
        if self._up != 0:
            self._client.loop_stop()
            raise RefusedError(f"CONNACK {self._up}")

    def _on_connect(self, _c: Any, _u: Any, flags: Any, reason: Any, _p: Any) -> None:
        with self._changed:
            self._up = reason.value
            self.session_present = flags.session_present
            self._changed.notify_all()

    def _on_disconnect(self, *_: Any) -> None:
        with self._changed:
            self.down.set()
            self._changed.notify_all()

    def _on_message(self, _c: Any, _u: Any, message: Any) -> None:
        with self._changed:
            self.messages.append(Message(message.topic, message.payload, message.retain))
            self._changed.notify_all()

    def _on_publish(self, _c: Any, _u: Any, packet: int, reason: Any, _p: Any) -> None:
        with self._changed:
            self._acknowledged[packet] = reason.value
            self._changed.notify_all()

    def _on_subscribe(self, _c: Any, _u: Any, packet: int, _reasons: Any, _p: Any) -> None:
        with self._changed:
            self._subscribed.add(packet)
            self._changed.notify_all()

    def _await(self, condition: Any, what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, WAIT_S):
                pytest.fail(f"waited in vain for {what}")


class Crowd:
    """Parties that are all gone when the test ends."""

    def __init__(self) -> None:
        self._parties: list[Party] = []

    def join(self, *args: Any, **kwargs: Any) -> Party:
        """Connect a party; takes what `Party` takes."""
        party = Party(*args, **kwargs)
        self._parties.append(party)
        return party

    def leave(self, parties: Iterable[Party] | None = None) -> None:
        """Disconnect everybody."""
        for each in parties or self._parties:
            each.vanish()


def _without_delay(_c: Any, _u: Any, connection: Any) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _client(client_id: str, version: MQTTProtocolVersion, *, clean: bool) -> paho.Client:
    session: dict[str, Any] = {} if version == V5 else {"clean_session": clean}
    return paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        protocol=version,
        reconnect_on_failure=False,
        **session,
    )
