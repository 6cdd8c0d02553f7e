"""MQTT 5 by paho, on one connection that stands already: for all who take a few messages."""

from collections.abc import Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.client import ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.exception import MalformedPacket
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from runtime.mqtt import reasons
from runtime.mqtt.address import BrokerAddress
from runtime.mqtt.client import Ended, Happening
from runtime.mqtt.errors import NotConnectedError
from runtime.mqtt.interface import LinkSettings, Will
from runtime.mqtt.protocol.errors import ProtocolViolationError
from runtime.mqtt.protocol.packets import (
    MOST_IN_FLIGHT,
    Accepted,
    Disconnected,
    PublishAnswered,
    Refused,
    Subscribed,
    Unsubscribed,
)
from runtime.mqtt.protocol.publish import read_publish
from runtime.mqtt.stream import Stream

QOS = 1
SUBSCRIBE_OPTIONS = SubscribeOptions(
    qos=QOS, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
)
"""A filter that the broker knows already does not bring its retained messages again."""


class PahoClient:
    """A Client with paho inside.

    paho's callbacks only note what happened: it holds a lock there that `publish` on another
    thread wants as well.
    """

    def __init__(
        self,
        settings: LinkSettings,
        stream: Stream,
        will: Will | None,
        broker: BrokerAddress,
        connection: int,
    ) -> None:
        """Queue the CONNECT; messages carry the number of the connection."""
        self.unacknowledged: set[int] = set()
        self._stream = stream
        self._connection = connection
        self._happened: list[Happening] = []
        self._is_over = False
        self._paho = _Paho(settings, stream, will, self._on_body)
        self._paho.on_connect = self._on_connect
        self._paho.on_disconnect = self._on_disconnect
        self._paho.on_publish = self._on_publish
        self._paho.on_subscribe = self._on_subscribe
        self._paho.on_unsubscribe = self._on_unsubscribe
        self._paho.begin(settings, broker.host, broker.port)

    @property
    def keepalive_s(self) -> int:
        """What we asked for, or what the broker did instead."""
        return self._paho.keepalive

    def is_full(self) -> bool:
        """Never: who uses paho takes few messages, and acknowledges them at once."""
        return False

    def read(self) -> Sequence[Happening]:
        """Read packet by packet what has come."""
        while not self._is_over:
            self._check(self._paho.loop_read())
            if not self._stream.unread():
                break
        return self._take()

    def write(self) -> Sequence[Happening]:
        """Give the stream what is queued."""
        if self._paho.want_write():
            self._check(self._paho.loop_write())
        return self._take()

    def has_more(self) -> bool:
        """Say no: all is given to the stream at once."""
        return False

    def look_at_the_clock(self) -> Sequence[Happening]:
        """Ping when it is time."""
        self._check(self._paho.loop_misc())
        return self._take()

    def publish(self, topic: str, payload: bytes, *, retain: bool, expiry_s: int | None) -> int:
        """Queue a message at QoS 1 and return its packet id."""
        queued = self._paho.publish(topic, payload, QOS, retain, _expiry(expiry_s))
        if queued.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise NotConnectedError("the connection is gone")
        return queued.mid

    def acknowledge(self, packets: Sequence[int]) -> None:
        """Queue their PUBACKs."""
        for packet in packets:
            self._paho.ack(packet, QOS)

    def subscribe(self, filters: Sequence[str]) -> int:
        """Queue a SUBSCRIBE and return its packet id."""
        _, packet = self._paho.subscribe([(each, SUBSCRIBE_OPTIONS) for each in filters])
        return packet or 0

    def unsubscribe(self, filters: Sequence[str]) -> int:
        """Queue an UNSUBSCRIBE and return its packet id."""
        _, packet = self._paho.unsubscribe(list(filters))
        return packet or 0

    def disconnect(self) -> None:
        """Queue the DISCONNECT."""
        self._paho.disconnect()

    def close(self) -> None:
        """Let go of the callbacks, so that no cycle keeps all this in memory."""
        self._paho.forget_callbacks()

    def _take(self) -> Sequence[Happening]:
        happened, self._happened = self._happened, []
        return happened

    def _check(self, code: MQTTErrorCode) -> None:
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS or self._paho.socket() is None:
            self._end(Ended(self._stream.failure or f"paho reports {code.name}"))

    def _end(self, how: Ended | Refused | Disconnected) -> None:
        """Note the end; only the first counts."""
        self._is_over = True
        self._happened.append(how)

    # --- paho's callbacks, on the network thread --------------------------------------------------

    def _on_connect(
        self, _: object, __: object, flags: ConnectFlags, reason: ReasonCode, given: object
    ) -> None:
        if reason.is_failure:
            self._end(Refused(reason.value))
            return
        most = getattr(given, "ReceiveMaximum", MOST_IN_FLIGHT)
        size = getattr(given, "MaximumPacketSize", None)
        self._happened.append(Accepted(flags.session_present, most, size))

    def _on_disconnect(
        self, _: object, __: object, flags: DisconnectFlags, reason: ReasonCode, ___: object
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._end(Disconnected(reason.value))
        else:
            self._end(Ended(self._stream.failure or reasons.code_words(reason.value)))

    def _on_body(self, first: int, body: bytes) -> None:
        """Read a PUBLISH ourselves: paho does it at three times the cost."""
        try:
            message = read_publish(first, body, 0, len(body), self._connection)
        except ProtocolViolationError as error:
            raise MalformedPacket(str(error)) from error
        if message.packet:
            self.unacknowledged.add(message.packet)
        self._happened.append(message)

    def _on_publish(
        self, _: object, __: object, packet: int, reason: ReasonCode, ___: Properties
    ) -> None:
        self._happened.append(PublishAnswered(packet, reason.value))

    def _on_subscribe(
        self, _: object, __: object, packet: int, codes: list[ReasonCode], ___: object
    ) -> None:
        self._happened.append(Subscribed(packet, tuple(each.value for each in codes)))

    def _on_unsubscribe(
        self, _: object, __: object, packet: int, codes: list[ReasonCode], ___: object
    ) -> None:
        self._happened.append(Unsubscribed(packet, tuple(each.value for each in codes)))


class _Paho(paho.Client):
    """paho on a socket that we connected, because paho's own way cannot be interrupted.

    A new client for each connection: packet ids begin anew, and nothing of an old one is resent.
    paho's methods may be called on any thread; they only queue.
    """

    def __init__(
        self, settings: LinkSettings, stream: Stream, will: Will | None, on_body: Any
    ) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            settings.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self._stream = stream
        self._on_body = on_body
        self.max_inflight_messages = 0  # no queue of paho's own: `Session.publish` limits
        # paho writes to the socket on whatever thread publishes, unless this is set.
        self.on_socket_register_write = _leave_it_to_the_network_thread
        if settings.username is not None:
            self.username_pw_set(settings.username, settings.password)
        if will is not None:
            self.will_set(will.topic, will.payload, QOS, will.retain)

    def _create_socket(self) -> Any:
        return self._stream

    def _handle_publish(self) -> MQTTErrorCode:
        packet = self._in_packet
        self._on_body(packet["command"], bytes(packet["packet"]))
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def begin(self, settings: LinkSettings, host: str, port: int) -> None:
        """Queue the CONNECT."""
        asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        asked.SessionExpiryInterval = settings.session_expiry_s
        asked.ReceiveMaximum = settings.receive_maximum
        self.connect(
            host, port, settings.keepalive_s, clean_start=settings.clean_start, properties=asked
        )

    def forget_callbacks(self) -> None:
        """Let go of what the callbacks refer to."""
        self._on_body = _ignore
        self.on_connect = self.on_disconnect = None
        self.on_publish = self.on_subscribe = self.on_unsubscribe = None


def _expiry(expiry_s: int | None) -> Properties | None:
    """Return the properties of a message that is worth nothing after `expiry_s`."""
    if expiry_s is None:
        return None
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = expiry_s
    return properties


def _ignore(first: int, body: bytes) -> None:
    """Do nothing: the session is closed."""


def _leave_it_to_the_network_thread(client: object, userdata: object, sock: object) -> None:
    """Do nothing: the network thread looks for itself what there is to write."""
