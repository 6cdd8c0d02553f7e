"""The MQTT session that takes panics, and nothing else: no flood of other messages fills it."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final

from contract import topics
from contract.codec import encode
from contract.errors import DecodeError, TransientError
from contract.messages import Receipt
from contract.salvage import read_panic
from dispatcher.alarms import StoreAlarm
from dispatcher.broker_links import BrokerLinks
from dispatcher.confirmations import NOBODY_LISTENS
from dispatcher.desk import Desk
from dispatcher.errors import StoreUnavailableError
from dispatcher.metrics import Metrics
from dispatcher.panic import Panic
from dispatcher.sessions import RECEIVE_MAXIMUM
from dispatcher.without_database import MemoryAlerts
from runtime import logs
from runtime.clock import Clock
from runtime.lifecycle import Stopping
from runtime.mqtt.interface import Incoming, Up

SUBSCRIPTIONS: Final = (topics.PANIC.filter(),)
UNACKNOWLEDGED_MAX: Final = RECEIVE_MAXIMUM // 2
"""With more waiting for the database the oldest are acknowledged, so that new ones still arrive:
they are kept in memory, and their trackers repeat them until they are told *received*."""
WAITING_MAX: Final = 10_000
"""80 MB of panics at most; beyond, only the trackers still have them."""
RETRY_S: Final = 1.0
"""How often the database is tried while it is down; an attempt may take four seconds."""
UNKNOWN_DEVICE: Final = "unknown"
"""Whoever publishes under a topic that names no tracker; the access list makes it impossible."""

_log = logs.get(__name__)


@dataclass
class _Held:
    """A panic that is not in the database; `message` is None once it is acknowledged."""

    panic: Panic
    message: Incoming | None


class Inbox:
    """A LinkHandler and a loop. `attach` the links before either runs."""

    def __init__(
        self, desk: Desk, memory: MemoryAlerts, alarm: StoreAlarm, clock: Clock, metrics: Metrics
    ) -> None:
        self._desk = desk
        self._precedence = desk.precedence
        self._memory = memory
        self._alarm = alarm
        self._clock = clock
        self._metrics = metrics
        self._links: BrokerLinks | None = None
        self._arrived: SimpleQueue[tuple[Panic, Incoming | None]] = SimpleQueue()
        self._held: OrderedDict[tuple[str, str], _Held] = OrderedDict()
        self._retry_at = 0.0

    def attach(self, links: BrokerLinks) -> None:
        """Take the links that this object is the handler of."""
        self._links = links

    @property
    def held(self) -> int:
        """Return how many panics wait for the database."""
        return len(self._held)

    def keep(self, panic: Panic) -> None:
        """Take a panic that came otherwise and could not be committed; from any thread."""
        self._arrive(panic, None)

    # --- LinkHandler, on the network thread ----------------------------------------------------

    def on_up(self, up: Up) -> None:
        """Do nothing: what was not acknowledged comes again."""

    def on_down(self, connection: int, reason: str) -> None:
        """Do nothing: acknowledgements are fenced by their connection."""

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        """Log a receipt that the broker refused."""
        del packet, connection
        if failure not in (None, NOBODY_LISTENS):
            _log.error("receipt_refused", reason=failure)

    def on_message(self, message: Incoming) -> None:
        """Queue a panic; while the database is down, alert before anything else."""
        panic = Panic(
            device=_device_of(message.topic),
            payload=message.payload,
            reading=read_panic(message.payload),
            arrived_at=self._clock.now_ms(),
            arrived_s=self._clock.monotonic(),
        )
        if self._alarm.is_down:
            self._memory.alert(panic)
        self._arrive(panic, message)

    # --- The loop ------------------------------------------------------------------------------

    def run(self, stopping: Stopping, beat: Callable[[], None]) -> None:
        """Take panics until `stopping`; the target of a Loop."""
        while not stopping.is_set():
            beat()
            try:
                self.turn(RETRY_S)
            except Exception:  # noqa: BLE001 - the top of the loop: the next press must be heard
                _log.exception("inbox_loop_failed")
                self._metrics.loop_errors.labels("inbox").inc()

    def turn(self, wait_s: float) -> None:
        """Take one panic, waiting at most `wait_s`, and retry what is held when it is time."""
        try:
            panic, message = self._arrived.get(timeout=wait_s)
        except Empty:
            pass
        else:
            try:
                self._take(panic, message)
            finally:
                self._precedence.leave()
        if self._held and self._clock.monotonic() >= self._retry_at:
            self._retry()

    def _arrive(self, panic: Panic, message: Incoming | None) -> None:
        self._precedence.enter()
        self._arrived.put((panic, message))

    def _take(self, panic: Panic, message: Incoming | None) -> None:
        if self._alarm.is_down:
            # Trying each would let the last of a hundred presses wait for a hundred time-outs.
            self._memory.alert(panic)
            self._hold(panic, message)
            return
        try:
            self._commit(panic, message)
        except StoreUnavailableError:
            self._memory.alert(panic)
            self._hold(panic, message)
        except Exception:  # noqa: BLE001 - a bug of ours must not eat an alarm
            _log.exception("panic_not_taken", device=panic.device)
            self._metrics.loop_errors.labels("inbox").inc()
            self._memory.alert(panic)
            self._hold(panic, message)

    def _commit(self, panic: Panic, message: Incoming | None) -> None:
        """Take a panic, tell its tracker, and acknowledge, in this order."""

        def tell(receipt: Receipt) -> None:
            self._tell(panic.device, receipt, message)
            if message is not None:
                self._acknowledge(message)

        self._desk.take(panic, tell)

    def _tell(self, device: str, receipt: Receipt, message: Incoming | None) -> None:
        """Publish the receipt; when that fails, the tracker repeats and is told then."""
        if self._links is None or device == UNKNOWN_DEVICE:
            return
        topic, payload = topics.RECEIPT.of(device), encode(receipt)
        try:
            if message is None:
                self._links.publish(topic, payload)
            else:
                self._links.answer(message, topic, payload)
        except TransientError:
            self._metrics.receipts.labels("unsent").inc()
        else:
            self._metrics.receipts.labels("sent").inc()

    def _acknowledge(self, message: Incoming) -> None:
        if self._links is not None:
            self._links.acknowledge(message)

    # --- While the database is down ------------------------------------------------------------

    def _hold(self, panic: Panic, message: Incoming | None) -> None:
        """Keep a panic unacknowledged until the database takes it."""
        if not self._held:
            self._retry_at = self._clock.monotonic() + RETRY_S
        key = (panic.device, panic.reading.panic_id or panic.payload_hash)
        older = self._held.pop(key, None)
        if older is not None:
            # The same press again, and it carries all that the older copy did.
            if panic.reading.update < older.panic.reading.update:
                panic = older.panic
            if older.message is not None:
                self._acknowledge(older.message)
        self._held[key] = _Held(panic, message)
        self._desk.opened.hold(panic)
        self._make_room()

    def _make_room(self) -> None:
        unacknowledged = [each for each in self._held.values() if each.message is not None]
        for each in unacknowledged[: max(0, len(unacknowledged) - UNACKNOWLEDGED_MAX)]:
            if each.message is not None:
                self._acknowledge(each.message)
            each.message = None
        if len(self._held) > WAITING_MAX:
            (device, _), oldest = self._held.popitem(last=False)
            self._desk.opened.release(oldest.panic)
            _log.error("panic_left_to_its_tracker", device=device)

    def _retry(self) -> None:
        """Try the oldest; when it goes through, all."""
        for key, held in list(self._held.items()):
            try:
                self._commit(held.panic, held.message)
            except StoreUnavailableError:
                break
            except Exception:  # noqa: BLE001 - one that cannot be taken must not stop the others
                self._metrics.loop_errors.labels("inbox").inc()
                self._memory.alert(held.panic)
            else:
                del self._held[key]
                self._desk.opened.release(held.panic)
        self._retry_at = self._clock.monotonic() + RETRY_S


def _device_of(topic: str) -> str:
    try:
        return topics.parse_tracker_topic(topic)[0]
    except DecodeError:
        return UNKNOWN_DEVICE
