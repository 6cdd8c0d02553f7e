"""The MQTT session beside the panics: statuses come in, receipts, incidents and notices go out."""

from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Event, Lock
from typing import Final

from contract import topics
from contract.codec import decode, encode
from contract.errors import DecodeError, TransientError
from contract.limits import REOPENED_REPEAT_S
from contract.messages import Receipt, Status
from dispatcher.broker_links import BrokerLinks
from dispatcher.confirmations import NOBODY_LISTENS
from dispatcher.desk import Desk
from dispatcher.following import commanding
from dispatcher.last_statuses import Roster
from dispatcher.metrics import Metrics
from dispatcher.store.commands import CommandRecord
from runtime import logs
from runtime.clock import Clock
from runtime.lifecycle import Stopping
from runtime.mqtt.errors import NotConnectedError, TooManyInFlightError
from runtime.mqtt.interface import Incoming, Up

SUBSCRIPTIONS: Final = (topics.STATUS.filter(),)
CONFIRM_S: Final = 5.0
"""A broker that has not acknowledged by then is gone, or its disk hangs."""
CLOSED_RESEND_MS: Final = 3_600_000
"""A tracker that missed its `closed` for longer asks with its next update."""
WAIT_S: Final = 1.0
RECEIVE_MAXIMUM: Final = 1000
"""Statuses that the broker may send ahead; as many are stored together."""

_log = logs.get(__name__)


class NotConfirmedError(TransientError):
    """The broker has not acknowledged the message."""


class _Confirmation:
    """Somebody who waits for a PUBACK."""

    def __init__(self) -> None:
        self._done = Event()
        self._failure: str | None = "no acknowledgement"

    def settle(self, failure: str | None) -> None:
        self._failure = failure
        self._done.set()

    def wait(self, timeout_s: float) -> None:
        self._done.wait(timeout_s)
        if self._failure is not None:
            raise NotConfirmedError(self._failure)


class Trackers:
    """A LinkHandler and a loop. `attach` the link before either runs."""

    def __init__(self, desk: Desk, roster: Roster, clock: Clock, metrics: Metrics) -> None:
        self._desk = desk
        self._roster = roster
        self._clock = clock
        self._metrics = metrics
        self._link: BrokerLinks | None = None
        self._statuses: SimpleQueue[tuple[Incoming, int]] = SimpleQueue()
        self._unstored: list[Incoming] = []
        self._notices: deque[tuple[str, bytes]] = deque(maxlen=100)
        self._lock = Lock()
        self._waiting: dict[int, _Confirmation] = {}
        self._owed = Event()
        self._owed.set()
        self._returned: set[str] = set()
        self._reopened_at = 0.0
        self.on_missed: Callable[[set[str] | None], None] = lambda _devices: None
        """Called with the trackers that may have missed commands; None: all of them."""

    def attach(self, link: BrokerLinks) -> None:
        """Take the link that this object is the handler of."""
        self._link = link

    # --- Called by others, on any thread -------------------------------------------------------

    def send_receipts(self, receipts: list[tuple[str, Receipt]]) -> None:
        """Publish receipts; what cannot be sent now is sent with all that are open."""
        for device, receipt in receipts:
            try:
                self._publish(topics.RECEIPT.of(device), encode(receipt))
            except (NotConnectedError, TooManyInFlightError):
                self._metrics.receipts.labels("owed").inc()
                self._owed.set()
            else:
                self._metrics.receipts.labels("sent").inc()

    def send_commands(self, commands: Sequence[CommandRecord]) -> None:
        """Publish commands; what cannot be sent now is sent when it is due again, or missed."""
        now = self._clock.now_ms()
        for each in commands:
            topic = topics.COMMAND.of(each.device)
            left_s = max(1, (each.expires_at - now) // 1000)
            try:
                self._publish(topic, encode(commanding.message(each)), expiry_s=left_s)
            except (NotConnectedError, TooManyInFlightError):
                return

    def publish_confirmed(self, topic: str, payload: bytes) -> None:
        """Publish, and return when the broker has acknowledged it.

        Raises:
            TransientError: it has not.
        """
        confirmation = _Confirmation()
        # Under the lock the acknowledgement cannot be handled before it is waited for.
        with self._lock:
            packet = self._publish(topic, payload)
            self._waiting[packet] = confirmation
        try:
            confirmation.wait(CONFIRM_S)
        finally:
            with self._lock:
                if self._waiting.get(packet) is confirmation:
                    del self._waiting[packet]

    def notify(self, topic: str, payload: bytes) -> None:
        """Publish a notice soon; of too many the oldest are dropped: the log has them too."""
        self._notices.append((topic, payload))

    # --- LinkHandler, on the network thread ----------------------------------------------------

    def on_up(self, up: Up) -> None:
        """Owe everything anew: trackers at this broker have missed what others were sent."""
        self._owed.set()
        if not up.session_present:
            self.on_missed(None)

    def on_down(self, connection: int, reason: str) -> None:
        """Fail those who wait: no acknowledgement will come. What was under way is owed anew."""
        del connection
        self._owed.set()
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for confirmation in waiting.values():
            confirmation.settle(f"connection lost: {reason}")

    def on_message(self, message: Incoming) -> None:
        """Queue a status."""
        self._statuses.put((message, self._clock.now_ms()))

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        """Tell who waits for it; that nobody listens is no failure."""
        del connection
        failure = None if failure == NOBODY_LISTENS else failure
        with self._lock:
            confirmation = self._waiting.pop(packet, None)
        if confirmation is not None:
            confirmation.settle(failure)
        elif failure is not None:
            _log.error("publish_refused", reason=failure)

    # --- The loop ------------------------------------------------------------------------------

    def run(self, stopping: Stopping) -> None:
        """Keep statuses, and send what is owed, until `stopping`; the target of a Loop."""
        while not stopping.is_set():
            try:
                self.turn(WAIT_S)
            except TransientError as error:
                _log.debug("trackers_wait", error=str(error))
                stopping.wait(WAIT_S)
            except Exception:  # noqa: BLE001 - the top of the loop
                _log.exception("trackers_loop_failed")
                self._metrics.loop_errors.labels("trackers").inc()
                stopping.wait(WAIT_S)

    def turn(self, wait_s: float) -> None:
        """Do once what the loop does, waiting at most `wait_s` for a status."""
        self._keep_statuses(wait_s)
        if self._link is None or self._link.connection is None:
            return
        while self._notices:
            self.publish_confirmed(*self._notices[0])
            self._notices.popleft()
        if self._owed.is_set():
            self._pay()
        elif self._returned:
            self._tell_returned()
        if self._clock.monotonic() - self._reopened_at >= REOPENED_REPEAT_S:
            self._reopened_at = self._clock.monotonic()
            self.send_receipts(self._desk.reopened_receipts())

    def _pay(self) -> None:
        """Send every open receipt."""
        self._owed.clear()
        try:
            self._send_all(self._desk.open_receipts(self._closed_since()))
        except TransientError:
            self._owed.set()
            raise
        self._returned.clear()

    def _tell_returned(self) -> None:
        """Send again what trackers may have missed while they were away; until it has succeeded.

        A broker that has restarted takes receipts for trackers that are not back yet.
        """
        self._send_all(self._desk.receipts_of(self._returned, self._closed_since()))
        self._returned.clear()

    def _closed_since(self) -> int:
        return self._clock.now_ms() - CLOSED_RESEND_MS

    def _send_all(self, receipts: list[tuple[str, Receipt]]) -> None:
        """Send at the pace at which the broker acknowledges."""
        for device, receipt in receipts:
            self.publish_confirmed(topics.RECEIPT.of(device), encode(receipt))
            self._metrics.receipts.labels("sent").inc()

    def _keep_statuses(self, wait_s: float) -> None:
        """Store what has come, in one transaction, and acknowledge it then."""
        try:
            self._read(*self._statuses.get(timeout=wait_s))
            while len(self._unstored) < RECEIVE_MAXIMUM:
                self._read(*self._statuses.get_nowait())
        except Empty:
            pass
        returned = self._roster.flush()
        if returned:
            self._returned |= returned
            self.on_missed(returned)
        for message in self._unstored:
            self._acknowledge(message)
        self._unstored.clear()

    def _read(self, message: Incoming, arrived_at: int) -> None:
        self._unstored.append(message)
        try:
            device, _ = topics.parse_tracker_topic(message.topic)
            status = decode(Status, message.payload)
        except DecodeError as error:
            _log.warning("status_unreadable", reason=str(error))
            return
        self._roster.note(device, status, arrived_at, retained=message.retain)

    def _acknowledge(self, message: Incoming) -> None:
        if self._link is not None:
            self._link.acknowledge(message)

    def _publish(self, topic: str, payload: bytes, *, expiry_s: int | None = None) -> int:
        if self._link is None:
            raise NotConnectedError("no link yet")
        return self._link.publish(topic, payload, expiry_s=expiry_s)
