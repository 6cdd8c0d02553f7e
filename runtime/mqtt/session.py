"""One connection from CONNECT to its end: what is subscribed, unacknowledged, in flight."""

import socket
from dataclasses import dataclass
from threading import Lock

from paho.mqtt.client import ConnectFlags, DisconnectFlags
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from runtime.clock import Clock
from runtime.mqtt import reasons
from runtime.mqtt.address import BrokerAddress
from runtime.mqtt.client import QOS, SUBSCRIBE_OPTIONS, Client, publish_properties
from runtime.mqtt.errors import NotConnectedError, TooLargeError, TooManyInFlightError
from runtime.mqtt.interface import Incoming, LinkSettings, Up, Will
from runtime.mqtt.publication import Publication
from runtime.mqtt.subscriptions import Subscriptions
from runtime.mqtt.waker import Waker
from runtime.mqtt.wire import Wire

TURN_S = 10.0
"""The longest wait for something to do, so that a watchdog hears of the network thread."""
TURNS_PER_KEEPALIVE = 8
"""paho sends its PING at the first turn after the keepalive; the broker waits half as long more."""
MOST_IN_FLIGHT = 65535
"""MQTT 5, 3.2.2.3.3: what holds when the broker states no Receive Maximum."""
HEADER_BYTES = 15
"""The most that a PUBLISH of ours adds to topic and payload: type and length 5, length of the
topic 2, packet id 2, properties with an expiry 6."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The broker has answered a PUBLISH of ours."""

    packet: int
    failure: str | None


Event = Up | Incoming | Confirmed


class Session:
    """A connection on a socket that stands, which it owns from then on.

    `turn`, `say_goodbye` and `close` are the network thread's; the rest is for any thread.
    """

    def __init__(
        self,
        number: int,
        broker: BrokerAddress,
        sock: socket.socket,
        settings: LinkSettings,
        *,
        will: Will | None,
        subscriptions: Subscriptions,
        waker: Waker,
        clock: Clock,
        deadline: float,
    ) -> None:
        self.number = number
        self.ended: str | None = None
        """Why the connection is over; None while it is not."""
        self.up_since: float | None = None
        self._broker = broker
        self._subscriptions = subscriptions
        self._waker = waker
        self._clock = clock
        self._silence_s = settings.connect_timeout_s
        self._deadline = deadline
        self._accepted = False
        self._session_present = False
        self._held: frozenset[str] = frozenset()
        self._held_version = -1
        self._first_subscribe: int | None = None
        self._unsubscribing: dict[int, list[str]] = {}
        self._events: list[Event] = []
        self._early: list[Incoming] = []
        self._unacknowledged: set[int] = set()
        self._sending = Lock()
        self._sent = 0
        self._confirmed = 0
        self._most_in_flight = MOST_IN_FLIGHT
        self._most_bytes: int | None = None
        self._wire = Wire(sock, waker, clock)
        self._client = Client(settings, self._wire.stream, will, self._on_publication)
        self._listen()
        self._client.begin(settings, broker.host, broker.port)

    # --- Any thread -----------------------------------------------------------------------------

    def is_up(self) -> bool:
        """Say whether messages can be sent."""
        return self.up_since is not None and self.ended is None

    def lived_s(self) -> float:
        """Return for how long it has been up, 0 when it never was."""
        return 0.0 if self.up_since is None else self._clock.monotonic() - self.up_since

    def end(self, reason: str) -> None:
        """Have the network thread close; nothing is sent any more. The first reason counts."""
        if self.ended is None:
            self.ended = reason
            self._waker.wake()

    def publish(self, topic: str, payload: bytes, *, retain: bool, expiry_s: int | None) -> int:
        """Queue a message and return its packet id; errors as `Link.publish`."""
        size = len(topic.encode()) + len(payload) + HEADER_BYTES
        if self._most_bytes is not None and size > self._most_bytes:
            raise TooLargeError(f"{size} bytes, the broker takes {self._most_bytes}")
        properties = publish_properties(expiry_s)
        with self._sending:
            if not self.is_up():
                raise NotConnectedError("the connection is gone")
            # The network thread counts `_confirmed`, and may be ahead of us but never behind.
            if self._sent - self._confirmed >= self._most_in_flight:
                raise TooManyInFlightError(f"{self._most_in_flight} messages are unacknowledged")
            queued = self._client.publish(topic, payload, QOS, retain, properties)
            if queued.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
                raise NotConnectedError("the connection is gone")
            self._sent += 1
        self._waker.wake()
        return queued.mid

    def acknowledge(self, packet: int) -> bool:
        """Queue the PUBACK of a message; False when it has had one, or the connection is over."""
        if self.ended is not None:
            return False
        try:
            self._unacknowledged.remove(packet)
        except KeyError:
            return False
        self._client.ack(packet, QOS)
        self._waker.wake()
        return True

    # --- The network thread ---------------------------------------------------------------------

    def turn(self) -> list[Event]:
        """Wait for something to do, at most TURN_S, do it, and return what has happened."""
        self._write()
        if self._wire.wait(self._patience_s()):
            self._read()
        self._bring_subscriptions_up_to_date()
        self._write()
        self._look_at_the_clock()
        events, self._events = self._events, []
        return events

    def say_goodbye(self, reason: str, deadline: float) -> None:
        """Send what waits and DISCONNECT, and let the broker close, all before the deadline."""
        self.end(reason)
        if self._accepted:
            self._client.disconnect()
            self._client.loop_write()
            self._wire.leave(deadline)

    def close(self) -> None:
        """Close the socket at once; nothing can hang here."""
        self.end("closed")
        self._client.forget_callbacks()
        self._wire.close()

    def _patience_s(self) -> float:
        waits = [TURN_S]
        if self._client.keepalive:
            waits.append(self._client.keepalive / TURNS_PER_KEEPALIVE)
        if self.up_since is None:
            waits.append(self._deadline - self._clock.monotonic())
        return max(0.0, min(waits))

    def _read(self) -> None:
        while self.ended is None:
            self._check(self._client.loop_read())
            if not self._wire.stream.unread():
                return

    def _write(self) -> None:
        if self.ended is not None:
            return
        if self._client.want_write():
            self._check(self._client.loop_write())
        self._wire.flush()
        if self._wire.stream.failure is not None:
            self._read()  # the broker's own reason may lie there, and says more
            self.end(self._wire.stream.failure)

    def _look_at_the_clock(self) -> None:
        if self._accepted and self.ended is None:
            self._check(self._client.loop_misc())  # keepalive
        if self.up_since is None and self._clock.monotonic() >= self._deadline:
            what = "SUBACK" if self._accepted else "CONNACK"
            self.end(f"no {what} within {self._silence_s:.3g} s")

    def _check(self, code: MQTTErrorCode) -> None:
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS or self._client.socket() is None:
            self.end(self._wire.stream.failure or f"paho reports {code.name}")

    def _bring_subscriptions_up_to_date(self) -> None:
        """Subscribe and unsubscribe what has changed: on a new connection, everything.

        Everything also when the session is present, for the list may have grown meanwhile.
        """
        if not self._accepted or self._held_version == self._subscriptions.version:
            return
        first = self._held_version < 0
        self._held_version, wanted, leaving = self._subscriptions.snapshot()
        if first and self._session_present:
            self._held = leaving
        old, new = sorted(self._held - wanted), sorted(wanted - self._held)
        self._held = wanted
        if old:
            _, packet = self._client.unsubscribe(old)
            self._unsubscribing[packet or 0] = old
        if new:
            _, packet = self._client.subscribe([(each, SUBSCRIBE_OPTIONS) for each in new])
            self._first_subscribe = self._first_subscribe or packet
        if self._first_subscribe is None:
            self._come_up()

    def _come_up(self) -> None:
        if self.up_since is None:
            self.up_since = self._clock.monotonic()
            self._events.append(Up(self.number, self._session_present, str(self._broker)))
            self._events.extend(self._early)
            self._early.clear()

    def _extend_deadline(self) -> None:
        """A broker that speaks, be it of old messages over a slow link, is not a silent one."""
        self._deadline = self._clock.monotonic() + self._silence_s

    # --- paho's callbacks, on the network thread: they only note what happened --------------------

    def _listen(self) -> None:
        client = self._client
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = self._on_unsubscribe

    def _on_connect(
        self, _: object, __: object, flags: ConnectFlags, reason: ReasonCode, given: object
    ) -> None:
        if reason.is_failure:
            self.end(f"the broker refused: {reasons.code_words(reason.value)}")
            return
        self._accepted = True
        self._session_present = flags.session_present
        self._most_in_flight = getattr(given, "ReceiveMaximum", MOST_IN_FLIGHT)
        self._most_bytes = getattr(given, "MaximumPacketSize", None)
        self._extend_deadline()

    def _on_disconnect(
        self, _: object, __: object, flags: DisconnectFlags, reason: ReasonCode, ___: object
    ) -> None:
        words = reasons.code_words(reason.value)
        if flags.is_disconnect_packet_from_server:
            self.end(f"the broker disconnected: {words}")
        else:
            self.end(self._wire.stream.failure or words)

    def _on_publication(self, each: Publication) -> None:
        if each.packet:
            self._unacknowledged.add(each.packet)
        incoming = Incoming(each.topic, each.payload, each.retain, self.number, each.packet)
        if self.up_since is not None:
            self._events.append(incoming)
        else:
            self._early.append(incoming)
            self._extend_deadline()

    def _on_publish(
        self, _: object, __: object, packet: int, reason: ReasonCode, ___: Properties
    ) -> None:
        self._confirmed += 1
        self._events.append(Confirmed(packet, reasons.puback_failure(reason.value)))

    def _on_subscribe(
        self, _: object, __: object, packet: int, codes: list[ReasonCode], ___: object
    ) -> None:
        refused = next((code.value for code in codes if code.is_failure), None)
        if refused is not None:
            self.end(f"the broker refused a subscription: {reasons.code_words(refused)}")
        elif packet == self._first_subscribe:
            self._come_up()

    def _on_unsubscribe(
        self, _: object, __: object, packet: int, ___: list[ReasonCode], ____: object
    ) -> None:
        self._subscriptions.left(self._unsubscribing.pop(packet, ()))
