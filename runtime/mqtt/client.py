"""paho's client, made for one connection that stands already."""

from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from runtime.mqtt.interface import LinkSettings, Will
from runtime.mqtt.publication import Publication, decode_publication
from runtime.mqtt.stream import Stream

QOS = 1
SUBSCRIBE_OPTIONS = SubscribeOptions(
    qos=QOS, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
)
"""A filter that the broker knows already does not bring its retained messages again."""


class Client(paho.Client):
    """paho on a socket that we connected, because paho's own way cannot be interrupted.

    A new client for each connection: packet ids begin anew, and nothing of an old one is resent.
    paho's methods may be called on any thread; they only queue. The network thread alone reads
    and writes, and it must not run handlers inside paho's callbacks: paho holds a lock there that
    `publish` on another thread wants as well.
    """

    def __init__(
        self,
        settings: LinkSettings,
        stream: Stream,
        will: Will | None,
        on_publication: Callable[[Publication], None],
    ) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            settings.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self._stream = stream
        self._on_publication = on_publication
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
        self._on_publication(decode_publication(packet["command"], packet["packet"]))
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
        """Let go of what the callbacks refer to, so that no cycle keeps this client in memory."""
        self._on_publication = _ignore
        self.on_connect = self.on_disconnect = None
        self.on_publish = self.on_subscribe = self.on_unsubscribe = None


def publish_properties(expiry_s: int | None) -> Properties | None:
    """Return the properties of a message that is worth nothing after `expiry_s`."""
    if expiry_s is None:
        return None
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = expiry_s
    return properties


def _ignore(publication: Publication) -> None:
    """Do nothing: the session is closed."""


def _leave_it_to_the_network_thread(client: object, userdata: object, sock: object) -> None:
    """Do nothing: the network thread looks for itself what there is to write."""
