"""The one door to MQTT: a session with one of several brokers, kept up by its own thread."""

import selectors
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from random import Random
from threading import Thread, current_thread

from runtime import logs
from runtime.clock import Clock, SystemClock
from runtime.mqtt.address import BrokerAddress, parse_broker
from runtime.mqtt.backoff import Backoff
from runtime.mqtt.callbacks import Callbacks, Counters
from runtime.mqtt.connector import Connector
from runtime.mqtt.errors import (
    AttemptError,
    BrokerAddressError,
    NotConnectedError,
    TlsFilesError,
    TooLargeError,
    TooManyInFlightError,
)
from runtime.mqtt.interface import BulkHandler, Incoming, LinkHandler, LinkSettings, Up, Will
from runtime.mqtt.look import answers_at
from runtime.mqtt.own_client import OVERSTEP
from runtime.mqtt.session import TURN_S, Session
from runtime.mqtt.subscriptions import Subscriptions
from runtime.mqtt.waker import Waker

__all__ = [
    "OVERSTEP",
    "BrokerAddressError",
    "BulkHandler",
    "Counters",
    "Incoming",
    "Link",
    "LinkHandler",
    "LinkSettings",
    "NotConnectedError",
    "TooLargeError",
    "TooManyInFlightError",
    "Up",
    "Will",
]

STOP_TIMEOUT_S = 5.0
"""A living broker takes its leave in milliseconds; half of what Docker waits before it kills."""
LEAVE_TIMEOUT_S = 1.0
"""What is taken leave of in order makes no `lost`; a broker that does not answer is left anyhow."""
HASTY_S = 1.0
"""A drop so soon after `on_up` does not save the pause: repeated, it would be a storm of TLS
handshakes. A press waits 3 s for its PUBACK before it drops a connection."""
STOP_MARGIN_S = 0.5
"""The thread keeps the time-out of `stop` itself; if it is later than this, a handler blocks it."""

_log = logs.get(__name__)


class Link:
    """One MQTT 5 session. Its methods may be called on any thread, also in a callback.

    Brokers are tried in their order, beginning with the first at once. After each failure, loss
    or drop comes the next one, and after the last the first; a connection that holds is left for
    the first broker only when `return_to_first` is called. Before each attempt is a pause of at
    most 0.5 s, doubling to the longest until a connection has held for 10 s; `drop` and `hurry`
    cut it short.
    """

    def __init__(
        self,
        settings: LinkSettings,
        handler: LinkHandler | BulkHandler,
        *,
        subscriptions: Sequence[str] = (),
        will: Callable[[int], Will] | None = None,
        beat: Callable[[], None] | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        numbers: Iterator[int] | None = None,
    ) -> None:
        """Take `will`, asked before each connection with its number, and `beat`, a watchdog's.

        `numbers` are those of its connections, rising: several links that take them from one
        iterator have none in common. 1, 2 ... when it is absent.

        `beat` is called on the network thread at least every 10 s, or every
        `connect_timeout_s` while connecting, unless a handler blocks.

        Raises:
            BrokerAddressError: a broker's address has the wrong form, or there is none.
        """
        self.counters = Counters()
        self._settings = settings
        self._callbacks = Callbacks(handler, will, beat, self.counters)
        self._subscriptions = Subscriptions(subscriptions)
        self._clock = clock or SystemClock()
        self._brokers = [parse_broker(each) for each in settings.brokers]
        if not self._brokers:
            raise BrokerAddressError("no broker is named")
        self._numbers = numbers or count(1)
        self._attempt = 0
        """The number of the present attempt to connect."""
        self._turn = 0
        """Which broker's turn it is."""
        chance = random or Random()  # noqa: S311 - spreads load, keeps no secret
        self._backoff = Backoff(chance, settings.longest_pause_s)
        self._last_failures: dict[BrokerAddress, str] = {}
        self._session: Session | None = None
        self._dropped: str | None = None
        self._hurried = False
        self._looking = self._leaving = False
        self._stop_by: float | None = None
        self._waker: Waker | None = None
        self._connector: Connector | None = None
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to connect, and keep connected until `stop`. Once only."""
        if self._thread is not None:
            raise RuntimeError("a link is started once")
        self._waker = Waker()
        self._connector = Connector(self._settings, self._subscriptions, self._clock, self._waker)
        self._thread = Thread(
            target=self._run,
            args=(self._connector, self._waker),
            name=f"mqtt-{self._settings.client_id}",
            daemon=True,
        )
        self._thread.start()

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Send what waits, then DISCONNECT, and end the thread; `on_down` is the last callback.

        In a callback it returns at once, and the rest follows after the callback.
        """
        self._stop_by = self._clock.monotonic() + timeout_s
        self._wake()
        if self._thread is None or self._thread is current_thread():
            return
        self._thread.join(timeout_s + STOP_MARGIN_S)
        if self._thread.is_alive():
            _log.error("mqtt_stop_timed_out", timeout_s=timeout_s)

    @property
    def connection(self) -> int | None:
        """The number of the live connection; None while there is none.

        Numbers rise with each attempt, so some never come up: the broker may
        hold the will of an attempt whose CONNACK was lost.
        """
        session = self._session
        return session.number if session is not None and session.is_up() else None

    @property
    def clock_distrusted(self) -> bool:
        """Whether certificates' dates go unchecked: the clock stands before `not_before`."""
        return self._connector is not None and self._connector.clock_distrusted

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None
    ) -> int:
        """Send at QoS 1, at once, and return the packet id that `on_puback` will name.

        Nothing is kept for a later connection. After `expiry_s` the broker drops what it could
        not deliver.

        Raises:
            NotConnectedError: no connection is up; repeat after `on_up`.
            TooManyInFlightError: the broker takes no more before it has answered some.
            TooLargeError: the broker takes no messages of this size.
            ValueError: the topic is empty or holds a wildcard.
        """
        session = self._session
        if session is None:
            raise NotConnectedError("no connection is up")
        return session.publish(topic, payload, retain=retain, expiry_s=expiry_s)

    def acknowledge(self, message: Incoming) -> bool:
        """Send a message's PUBACK, once; False, and nothing is sent, when that is not possible.

        False means that it was acknowledged before, or that its connection is gone: then it comes
        again, and a PUBACK now could acknowledge another message, as packet ids are used anew.
        MQTT wants the order of arrival, and to keep it is the caller's business.
        """
        return not message.packet or self.acknowledge_all((message,)) == 1  # QoS 0 wants none

    def acknowledge_all(self, messages: Sequence[Incoming]) -> int:
        """Send the PUBACKs of messages together, in this order; return how many went out."""
        session = self._session
        if session is None:
            return 0
        number = session.number
        return session.acknowledge([m.packet for m in messages if m.connection == number])

    def subscribe(self, topic_filter: str) -> None:
        """Subscribe to a further filter, on this connection and on all later ones."""
        self._subscriptions.add(topic_filter)
        self._wake()

    def unsubscribe(self, topic_filter: str) -> None:
        """Give a filter up; messages that are on their way may still arrive."""
        self._subscriptions.remove(topic_filter)
        self._wake()

    def drop(self, reason: str) -> None:
        """Close the connection at once, without DISCONNECT, and try the next broker, no pause.

        An attempt to connect, or the pause before one, is given up as well. Only a drop within a
        second of `on_up` leaves the pause as it is.
        """
        self.counters.drops += 1
        self._dropped = reason
        session = self._session
        if session is not None:
            session.end(reason)
        self._wake()

    @property
    def on_first(self) -> bool:
        """Whether the live connection, if there is one, is to the first broker."""
        return self._turn == 1

    def return_to_first(self) -> None:
        """Leave another broker for the first one, if that can be reached: a look comes before.

        Returns at once. The look takes a name's resolution and a TCP connection, on a thread of
        its own; while it fails, the present connection stays.
        """
        if not self.on_first and not self._looking:
            self._looking = True
            Thread(target=self._look, name="mqtt-look", daemon=True).start()

    def _look(self) -> None:
        try:
            if answers_at(self._brokers[0]) and not self.on_first:
                self._turn = 0
                self._leaving = True
                self._wake()
        finally:
            self._looking = False

    def hurry(self) -> None:
        """End the pause before the next attempt to connect; an attempt under way goes on."""
        self._hurried = True
        self._wake()

    def _wake(self) -> None:
        if self._waker is not None:
            self._waker.wake()

    # --- The network thread ---------------------------------------------------------------------

    def _run(self, connector: Connector, waker: Waker) -> None:
        try:
            while self._stop_by is None:
                self._pause(self._go_round(connector), waker)
        finally:
            waker.close()

    def _go_round(self, connector: Connector) -> float:
        """Be connected to the next broker, if it goes; return the pause before the one after."""
        broker = self._brokers[self._turn % len(self._brokers)]
        self._turn = self._turn % len(self._brokers) + 1
        self._attempt = next(self._numbers)
        self._dropped, self._hurried, self._leaving = None, False, False
        self._callbacks.beat()
        try:
            lived_s = self._connect_and_serve(broker, connector)
        except Exception:  # noqa: BLE001 - the top of the loop: a bug of ours must not end it
            self.counters.loop_failures += 1
            _log.exception("mqtt_loop_failed", broker=str(broker))
            lived_s = 0.0
        if 0 < lived_s < HASTY_S:
            self._dropped = None
        return self._backoff.next_s(lived_s)

    def _pause(self, seconds: float, waker: Waker) -> None:
        end = self._clock.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(waker, selectors.EVENT_READ)
            while not self._is_cut_short() and (left := end - self._clock.monotonic()) > 0:
                self._callbacks.beat()
                selector.select(min(left, TURN_S))
                waker.drain()

    def _is_cut_short(self) -> bool:
        return self._hurried or self._leaving or self._is_given_up()

    def _is_given_up(self) -> bool:
        return self._dropped is not None or self._stop_by is not None

    def _connect_and_serve(self, broker: BrokerAddress, connector: Connector) -> float:
        """Serve one connection to its end; return for how long it was up, 0 when it never was."""
        number = self._attempt
        try:
            session = connector.connect(
                number,
                broker,
                will=lambda: self._callbacks.will(number),
                given_up=self._is_given_up,
            )
        except (AttemptError, TlsFilesError) as error:
            self._note_failed_attempt(broker, self._dropped or str(error))
            return 0.0
        self._session = session
        try:
            self._serve(session, broker)
        finally:
            self._session = None
            session.close()
            self._note_end(session, broker)
        return session.lived_s()

    def _serve(self, session: Session, broker: BrokerAddress) -> None:
        if self._dropped is not None:  # before `drop` could see the session
            session.end(self._dropped)
        unacknowledgeable, was_up = 0, False
        while session.ended is None and self._stop_by is None and not self._leaving:
            events = session.turn()
            if not was_up and session.up_since is not None:
                was_up = True
                self._note_up(session, broker)
            unacknowledgeable += self._callbacks.tell(events, session.number)
            # Unacknowledged messages use the receive window up, and in the end nothing arrives.
            if unacknowledgeable > self._settings.receive_maximum // 2:
                session.end("the handler failed on half a window of messages")
            self._callbacks.beat()
        if session.ended is None and self._stop_by is not None:
            session.say_goodbye("stopped", self._stop_by)
        elif session.ended is None:
            until = self._clock.monotonic() + LEAVE_TIMEOUT_S
            session.say_goodbye("the first broker answers again", until)

    def _note_up(self, session: Session, broker: BrokerAddress) -> None:
        self.counters.connections += 1
        self._last_failures.clear()
        _log.info(
            "mqtt_up",
            broker=str(broker),
            connection=session.number,
            session_present=session.session_present,
        )

    def _note_end(self, session: Session, broker: BrokerAddress) -> None:
        reason = session.ended or "a bug of ours"
        if session.up_since is None:
            self._note_failed_attempt(broker, reason)
            return
        _log.info("mqtt_down", broker=str(broker), connection=session.number, reason=reason)
        self._callbacks.down(session.number, reason)

    def _note_failed_attempt(self, broker: BrokerAddress, reason: str) -> None:
        """Count it; log it only when it is news."""
        if self._stop_by is not None:
            return
        self.counters.failed_attempts += 1
        if self._last_failures.get(broker) != reason:
            self._last_failures[broker] = reason
            _log.warning("mqtt_attempt_failed", broker=str(broker), reason=reason)
