"""One session at every broker: as many links as there are brokers, seen as one.

Trackers are at one broker or another. What they are to hear goes to all brokers that are up; an
answer goes by the broker that its question came by.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock

from msgspec.structs import replace

from dispatcher.confirmations import NOBODY_LISTENS, Confirmations, Sent, Settled
from runtime import logs
from runtime.clock import Clock
from runtime.mqtt.errors import NotConnectedError, TooManyInFlightError
from runtime.mqtt.interface import Incoming, LinkHandler, Up
from runtime.mqtt.link import Link

_log = logs.get(__name__)


class BrokerLinks:
    """What a Link is, over all brokers; its methods may be called on any thread.

    Connections are numbered anew so that those of two brokers differ; the numbers of `publish` are
    our own. `on_puback` comes once for each message, see `Confirmations`. The handler is called by
    several threads, but never twice at once.
    """

    def __init__(
        self,
        brokers: Sequence[str],
        handler: LinkHandler,
        make: Callable[[int, str, LinkHandler], Link],
        clock: Clock,
    ) -> None:
        """Take what makes the link of a broker, from its place in the list and its address."""
        self._brokers = list(brokers)
        self._handler = handler
        self._clock = clock
        self._lock = Lock()
        self._one_call = Lock()
        self._numbers = 0
        self._confirmations = Confirmations(len(brokers))
        self._links = [make(place, each, _Door(self, place)) for place, each in enumerate(brokers)]

    def start(self) -> None:
        """Begin to connect to all brokers."""
        for link in self._links:
            link.start()

    def stop(self) -> None:
        """Take leave of all brokers at once."""
        with ThreadPoolExecutor(len(self._links)) as pool:
            list(pool.map(Link.stop, self._links))

    @property
    def connection(self) -> int | None:
        """The number of a live connection; None while no broker is connected."""
        for place, link in enumerate(self._links):
            connection = link.connection
            if connection is not None:
                return self._number_of(place, connection)
        return None

    def is_connected(self, broker: str) -> bool:
        """Say whether this broker is connected."""
        return self._links[self._brokers.index(broker)].connection is not None

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None
    ) -> int:
        """Send to all brokers that are up; return the number that `on_puback` will name.

        A broker that takes no more and answers nothing is left, and connected to anew.

        Raises:
            NotConnectedError: no broker is up; repeat after `on_up`.
            TooManyInFlightError: a broker takes no more before it has answered some.
            TooLargeError: a broker takes no messages of this size.
            ValueError: the topic is empty or holds a wildcard.
        """
        send = partial(_send, topic=topic, payload=payload, retain=retain, expiry_s=expiry_s)
        return self._publish(range(len(self._links)), send)

    def answer(self, message: Incoming, topic: str, payload: bytes) -> int:
        """Send to the broker that a message came by; to all, once that connection is gone.

        Returns and raises what `publish` does.
        """
        place, connection = self._place_of(message.connection)
        if self._links[place].connection != connection:
            return self.publish(topic, payload)
        return self._publish([place], partial(_send, topic=topic, payload=payload))

    def acknowledge(self, message: Incoming) -> bool:
        """Send a message's PUBACK to its broker; as `Link.acknowledge`."""
        place, connection = self._place_of(message.connection)
        return self._links[place].acknowledge(replace(message, connection=connection))

    def subscribe(self, topic_filter: str) -> None:
        """Subscribe to a further filter at all brokers, on all connections to come."""
        for link in self._links:
            link.subscribe(topic_filter)

    def unsubscribe(self, topic_filter: str) -> None:
        """Give a filter up at all brokers."""
        for link in self._links:
            link.unsubscribe(topic_filter)

    def _publish(self, places: Sequence[int], send: Callable[[Link], int]) -> int:
        full = False
        # Under the lock no answer can be handled before it is waited for.
        with self._lock:
            self._numbers += 1
            sent = Sent(self._numbers)
            for place in places:
                try:
                    packet = send(self._links[place])
                except NotConnectedError:
                    continue
                except TooManyInFlightError:
                    full = full or not self._left(place)
                else:
                    self._confirmations.note(sent, place, packet, self._clock.monotonic())
            reached = bool(sent.parts)
        if full:
            raise TooManyInFlightError("a broker takes no more before it has answered some")
        if not reached:
            raise NotConnectedError("no broker is connected")
        return sent.number

    def _left(self, place: int) -> bool:
        """Drop a connection on which nothing is answered: what it missed is owed on the next."""
        silent = self._confirmations.is_silent(place, self._clock.monotonic())
        if silent:
            self._links[place].drop("the broker takes nothing and answers nothing")
        return silent

    # --- What the links tell, on their threads -------------------------------------------------

    def up(self, place: int, up: Up) -> None:
        """Tell the handler of a connection."""
        number = self._number_of(place, up.connection)
        known = Up(number, session_present=up.session_present, broker=up.broker)
        with self._one_call:
            self._handler.on_up(known)

    def down(self, place: int, connection: int, reason: str) -> None:
        """Settle what went out by this connection alone, and tell the handler."""
        number = self._number_of(place, connection)
        with self._lock:
            settled = self._confirmations.lost(place, reason, self._clock.monotonic())
        self._settle(settled, number)
        with self._one_call:
            self._handler.on_down(number, reason)

    def arrived(self, place: int, message: Incoming) -> None:
        """Hand a message on."""
        known = replace(message, connection=self._number_of(place, message.connection))
        with self._one_call:
            self._handler.on_message(known)

    def answered(self, place: int, packet: int, connection: int, failure: str | None) -> None:
        """Tell the handler what is settled by a broker's answer."""
        if failure not in (None, NOBODY_LISTENS):
            _log.error("broker_refused", broker=self._brokers[place], reason=failure)
        now = self._clock.monotonic()
        with self._lock:
            settled = self._confirmations.answered(place, packet, failure, now)
        self._settle(settled, self._number_of(place, connection))

    def _settle(self, settled: Settled, connection: int) -> None:
        for number, failure in settled:
            with self._one_call:
                self._handler.on_puback(number, connection, failure)

    def _number_of(self, place: int, connection: int) -> int:
        return connection * len(self._brokers) + place

    def _place_of(self, number: int) -> tuple[int, int]:
        connection, place = divmod(number, len(self._brokers))
        return place, connection


class _Door:
    """The LinkHandler of one broker's link."""

    def __init__(self, links: BrokerLinks, place: int) -> None:
        self._links = links
        self._place = place

    def on_up(self, up: Up) -> None:
        self._links.up(self._place, up)

    def on_down(self, connection: int, reason: str) -> None:
        self._links.down(self._place, connection, reason)

    def on_message(self, message: Incoming) -> None:
        self._links.arrived(self._place, message)

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        self._links.answered(self._place, packet, connection, failure)


def _send(
    link: Link, *, topic: str, payload: bytes, retain: bool = False, expiry_s: int | None = None
) -> int:
    return link.publish(topic, payload, retain=retain, expiry_s=expiry_s)
