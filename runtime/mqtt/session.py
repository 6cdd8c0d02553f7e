"""One connection from CONNECT to its end: what is subscribed, unacknowledged, in flight."""

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from runtime.clock import Clock
from runtime.mqtt import reasons
from runtime.mqtt.address import BrokerAddress
from runtime.mqtt.client import Client, Ended, Happening
from runtime.mqtt.errors import NotConnectedError, TooLargeError, TooManyInFlightError
from runtime.mqtt.interface import Incoming, LinkSettings, Up, Will
from runtime.mqtt.own_client import OwnClient
from runtime.mqtt.paho_client import PahoClient
from runtime.mqtt.protocol.packets import (
    MOST_IN_FLIGHT,
    Accepted,
    Disconnected,
    PublishAnswered,
    Refused,
    Subscribed,
    Unsubscribed,
)
from runtime.mqtt.subscriptions import Subscriptions
from runtime.mqtt.waker import Waker
from runtime.mqtt.wire import Wire

TURN_S = 10.0
"""The longest wait for something to do, so that a watchdog hears of the network thread."""
TURNS_PER_KEEPALIVE = 8
"""A PING goes out at the first turn after the keepalive; the broker waits half as long more."""
REST_S = 0.005
"""Between two reads of a bulk session: at 10,000 messages a second it saves 40 % of the work,
and nobody sees a position 5 ms later."""
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
        self.session_present = False
        self._held: frozenset[str] = frozenset()
        self._held_version = -1
        self._first_subscribe: int | None = None
        self._unsubscribing: dict[int, list[str]] = {}
        self._events: list[Event] = []
        self._early: list[Incoming] = []
        self._sending = Lock()
        self._sent = 0
        self._confirmed = 0
        self._most_in_flight = MOST_IN_FLIGHT
        self._most_bytes: int | None = None
        self._wire = Wire(sock, waker, clock)
        self._is_bulk = settings.bulk
        self._is_tired = False
        self._client: Client = (
            OwnClient(settings, self._wire.stream, will, clock, number)
            if settings.bulk
            else PahoClient(settings, self._wire.stream, will, broker, number)
        )

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
        with self._sending:
            if not self.is_up():
                raise NotConnectedError("the connection is gone")
            # The network thread counts `_confirmed`, and may be ahead of us but never behind.
            if self._sent - self._confirmed >= self._most_in_flight:
                raise TooManyInFlightError(f"{self._most_in_flight} messages are unacknowledged")
            packet = self._client.publish(topic, payload, retain=retain, expiry_s=expiry_s)
            self._sent += 1
        self._waker.wake()
        return packet

    def acknowledge(self, packets: Sequence[int]) -> int:
        """Queue the PUBACKs of messages and return how many: only those that had none."""
        if self.ended is not None:
            return 0
        waiting, answered = self._client.unacknowledged, []
        for packet in packets:
            if packet in waiting:
                waiting.discard(packet)
                answered.append(packet)
        if answered:
            self._client.acknowledge(answered)
            self._waker.wake()
        return len(answered)

    # --- The network thread ---------------------------------------------------------------------

    def turn(self) -> list[Event]:
        """Wait for something to do, at most TURN_S, do it, and return what has happened."""
        if self._is_tired:
            time.sleep(REST_S)
        self._write()
        # Before SUBACK nobody could acknowledge, and what is to come is needed.
        is_full = self.up_since is not None and self._client.is_full()
        if self._wire.wait(self._patience_s(), reading=not is_full):
            self._read()
        self._is_tired = self._is_bulk and bool(self._events)
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
            self._client.write()
            self._wire.leave(deadline)

    def close(self) -> None:
        """Close the socket at once; nothing can hang here."""
        self.end("closed")
        self._client.close()
        self._wire.close()

    def _patience_s(self) -> float:
        waits = [REST_S if self._client.has_more() else TURN_S]
        if self._client.keepalive_s:
            waits.append(self._client.keepalive_s / TURNS_PER_KEEPALIVE)
        if self.up_since is None:
            waits.append(self._deadline - self._clock.monotonic())
        return max(0.0, min(waits))

    def _read(self) -> None:
        self._note(self._client.read())

    def _write(self) -> None:
        if self.ended is not None:
            return
        self._note(self._client.write())
        self._wire.flush()
        if self._wire.stream.failure is not None:
            self._read()  # the broker's own reason may lie there, and says more
            self.end(self._wire.stream.failure)

    def _look_at_the_clock(self) -> None:
        if self._accepted and self.ended is None:
            self._note(self._client.look_at_the_clock())
        if self.up_since is None and self._clock.monotonic() >= self._deadline:
            what = "SUBACK" if self._accepted else "CONNACK"
            self.end(f"no {what} within {self._silence_s:.3g} s")

    def _bring_subscriptions_up_to_date(self) -> None:
        """Subscribe and unsubscribe what has changed: on a new connection, everything.

        Everything also when the session is present, for the list may have grown meanwhile.
        """
        if not self._accepted or self._held_version == self._subscriptions.version:
            return
        first = self._held_version < 0
        self._held_version, wanted, leaving = self._subscriptions.snapshot()
        if first and self.session_present:
            self._held = leaving
        old, new = sorted(self._held - wanted), sorted(wanted - self._held)
        self._held = wanted
        if old:
            self._unsubscribing[self._client.unsubscribe(old)] = old
        if new:
            packet = self._client.subscribe(new)
            self._first_subscribe = self._first_subscribe or packet
        if self._first_subscribe is None:
            self._come_up()

    def _come_up(self) -> None:
        if self.up_since is None:
            self.up_since = self._clock.monotonic()
            self._events.append(Up(self.number, self.session_present, str(self._broker)))
            self._events.extend(self._early)
            self._early.clear()

    def _extend_deadline(self) -> None:
        """A broker that speaks, be it of old messages over a slow link, is not a silent one."""
        self._deadline = self._clock.monotonic() + self._silence_s

    # --- What the client tells --------------------------------------------------------------------

    def _note(self, happenings: Sequence[Happening]) -> None:
        take = self._taker()
        for each in happenings:
            if type(each) is Incoming:
                take(each)
            else:
                self._handle(each)
                take = self._taker()

    def _taker(self) -> Callable[[Incoming], None]:
        """Return what a message is given to: before SUBACK it waits."""
        return self._wait_with if self.up_since is None else self._events.append

    def _wait_with(self, message: Incoming) -> None:
        self._early.append(message)
        self._extend_deadline()

    def _handle(self, happening: Happening) -> None:
        match happening:
            case Accepted():
                self._accept(happening)
            case Refused(code):
                self.end(f"the broker refused: {reasons.code_words(code)}")
            case Disconnected(code):
                self.end(f"the broker disconnected: {reasons.code_words(code)}")
            case Ended(reason):
                self.end(reason)
            case PublishAnswered(packet, code):
                self._confirmed += 1
                self._events.append(Confirmed(packet, reasons.puback_failure(code)))
            case Subscribed(packet, codes):
                self._note_subscribed(packet, codes)
            case Unsubscribed(packet, _):
                self._subscriptions.left(self._unsubscribing.pop(packet, ()))

    def _accept(self, connack: Accepted) -> None:
        self._accepted = True
        self.session_present = connack.session_present
        self._most_in_flight = connack.receive_maximum
        self._most_bytes = connack.maximum_packet_size
        self._extend_deadline()

    def _note_subscribed(self, packet: int, codes: Sequence[int]) -> None:
        refused = next((code for code in codes if code >= reasons.FAILURE), None)
        if refused is not None:
            self.end(f"the broker refused a subscription: {reasons.code_words(refused)}")
        elif packet == self._first_subscribe:
            self._come_up()
