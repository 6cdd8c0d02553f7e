"""MQTT 5 by our own protocol code, for who takes thousands of messages a second."""

from collections import deque
from collections.abc import Sequence
from threading import Lock

from runtime.clock import Clock
from runtime.mqtt import reasons
from runtime.mqtt.client import Ended, Happening
from runtime.mqtt.interface import MAX_16_BITS, Incoming, LinkSettings, Will
from runtime.mqtt.protocol import requests
from runtime.mqtt.protocol.packets import Accepted, Packet, PingAnswered, PublishAnswered
from runtime.mqtt.protocol.receiver import Receiver
from runtime.mqtt.stream import BULK_BYTES, Stream

MAXIMUM_PACKET_SIZE = 1024 * 1024
"""A hundred times the largest payload of the contract; the broker drops what is larger."""
OVERSTEP = BULK_BYTES // 32
"""Messages that may come beyond the Receive Maximum: Mosquitto 2.0.11 oversteps it as soon as
acknowledgements begin, and one read can bring so many of 32 bytes; then reading stops."""
HELD_BYTES = 8 * 1024 * 1024
"""Payload that is unacknowledged before reading stops, whatever the Receive Maximum allows: a
thousand of the largest messages, or thirty thousand positions."""
ANSWERED_AT_ONCE = 100
"""Each PUBACK lets the broker send a message of its backlog, before it looks at anybody else: with
100 at a time a press waits for some 2 ms of that work, and 40,000 a second are still possible."""
KEEPALIVE_TIMEOUT = 0x8D


class OwnClient:
    """A Client without paho: reads all that has come at once, and joins what it sends."""

    def __init__(
        self,
        settings: LinkSettings,
        stream: Stream,
        will: Will | None,
        clock: Clock,
        connection: int,
    ) -> None:
        """Queue the CONNECT; messages carry the number of the connection."""
        self.keepalive_s = settings.keepalive_s
        self._receiver = Receiver(
            connection,
            maximum_packet_size=MAXIMUM_PACKET_SIZE,
            window=settings.receive_maximum + OVERSTEP,
        )
        self.unacknowledged = self._receiver.unacknowledged
        self._receive_maximum = settings.receive_maximum
        self._sizes: dict[int, int] = {}
        """Of what is unacknowledged. The network thread adds, who acknowledges takes out."""
        self._taken_bytes = self._answered_bytes = 0
        self._stream = stream
        self._clock = clock
        self._heard_at = self._spoke_at = clock.monotonic()
        self._pinged_at: float | None = None
        self._counting = Lock()
        self._last_id = 0
        self._in_flight: set[int] = set()
        self._answers: deque[int] = deque()
        self._queue = deque([requests.connect(settings, will, MAXIMUM_PACKET_SIZE)])

    def is_full(self) -> bool:
        """Say whether the broker has sent more than the Receive Maximum, or than we hold."""
        return (
            len(self.unacknowledged) > self._receive_maximum
            or self._taken_bytes - self._answered_bytes > HELD_BYTES
        )

    def read(self) -> Sequence[Happening]:
        """Read all that has come."""
        try:
            data = self._stream.read()
        except BlockingIOError:
            return ()
        except OSError:
            data = b""
        if not data:
            return (Ended(self._stream.failure or "the connection is lost"),)
        self._heard_at = self._clock.monotonic()
        told: list[Happening] = [
            each
            for each in self._receiver.feed(data)
            if type(each) is Incoming or self._is_news(each)
        ]
        self._weigh(told)
        if self._receiver.violation is not None:
            told.append(self._protest())
        return told

    def write(self) -> Sequence[Happening]:
        """Give the stream what is queued."""
        if self._answers:
            self._queue.appendleft(self._answered(ANSWERED_AT_ONCE))
        while self._queue:
            self._stream.send(self._queue.popleft())
            self._spoke_at = self._clock.monotonic()
        return ()

    def has_more(self) -> bool:
        """Say whether something waits for the next turn."""
        return bool(self._answers)

    def look_at_the_clock(self) -> Sequence[Happening]:
        """Ping after a keepalive without a word in either direction (3.1.2.10).

        Who is full hears no answer, because it does not read.
        """
        if not self.keepalive_s:
            return ()
        now = self._clock.monotonic()
        if self._pinged_at is None:
            is_time = now - min(self._heard_at, self._spoke_at) >= self.keepalive_s
        else:
            is_time = now - self._pinged_at >= self.keepalive_s
            if is_time and not self.is_full():
                return (Ended(reasons.code_words(KEEPALIVE_TIMEOUT)),)
        if is_time:
            self._pinged_at = now
            self._queue.append(requests.PINGREQ)
        return ()

    def publish(self, topic: str, payload: bytes, *, retain: bool, expiry_s: int | None) -> int:
        """Queue a message at QoS 1 and return its packet id."""
        with self._counting:
            packet = self._free_id()
            sent = requests.publish(packet, topic, payload, retain=retain, expiry_s=expiry_s)
            self._in_flight.add(packet)
        self._queue.append(sent)
        return packet

    def acknowledge(self, packets: Sequence[int]) -> None:
        """Queue their PUBACKs; they go out joined, a part of them at each `write`."""
        with self._counting:
            self._answered_bytes += sum([self._sizes.pop(packet, 0) for packet in packets])
        self._answers.extend(packets)

    def subscribe(self, filters: Sequence[str]) -> int:
        """Queue a SUBSCRIBE and return its packet id."""
        with self._counting:
            packet = self._free_id()
        self._queue.append(requests.subscribe(packet, filters))
        return packet

    def unsubscribe(self, filters: Sequence[str]) -> int:
        """Queue an UNSUBSCRIBE and return its packet id."""
        with self._counting:
            packet = self._free_id()
        self._queue.append(requests.unsubscribe(packet, filters))
        return packet

    def disconnect(self) -> None:
        """Queue the DISCONNECT, behind all that waits."""
        self._queue.appendleft(self._answered(len(self._answers)))
        self._queue.append(requests.disconnect())

    def close(self) -> None:
        """Let go of what was queued."""
        self._queue.clear()
        self._answers.clear()

    def _weigh(self, told: Sequence[Happening]) -> None:
        """Note how much is to be held until it is acknowledged."""
        sizes = {
            each.packet: len(each.payload)
            for each in told
            if type(each) is Incoming and each.packet
        }
        self._sizes.update(sizes)
        self._taken_bytes += sum(sizes.values())

    def _answered(self, most: int) -> bytes:
        """Return PUBACKs that wait, joined, in their order."""
        take = self._answers.popleft
        return requests.pubacks([take() for _ in range(min(most, len(self._answers)))])

    def _free_id(self) -> int:
        """Return the next packet id that no message in flight has (2.2.1)."""
        while True:
            self._last_id = self._last_id % MAX_16_BITS + 1
            if self._last_id not in self._in_flight:
                return self._last_id

    def _is_news(self, packet: Packet) -> bool:
        """Note what concerns this connection alone; say whether the session wants to know."""
        match packet:
            case PublishAnswered(number, _):
                if number not in self._in_flight:
                    return False
                self._in_flight.discard(number)
            case Accepted(keepalive_s=int(seconds)):
                self.keepalive_s = seconds
            case PingAnswered():
                self._pinged_at = None
                return False
        return True

    def _protest(self) -> Ended:
        """Tell the broker what it did wrong (4.13), as far as the socket takes it."""
        violation = self._receiver.violation
        assert violation is not None  # noqa: S101 - the caller has looked
        self._stream.send(requests.disconnect(violation.code))
        self._stream.flush()
        return Ended(f"the broker breaks MQTT: {violation} (0x{violation.code:02X})")
