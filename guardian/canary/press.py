"""One press of the canary, by one broker, and what comes back of it."""

from collections.abc import Callable
from threading import Condition
from typing import Final, Literal

from msgspec import Struct

from contract import codec
from contract.errors import DecodeError, TransientError
from contract.messages import Panic, Receipt
from contract.topics import PANIC, RECEIPT
from runtime.clock import Clock
from runtime.mqtt.interface import Incoming, LinkSettings, Up
from runtime.mqtt.link import Link

Result = Literal["ok", "not_connected", "not_received", "not_alerted"]

CONNECT_S: Final = 10.0
"""A TLS handshake to a broker takes less than a second."""
BACK_S: Final = 10.0
"""A press is to be back within a tenth of a second; the lease of a dead dispatcher is five."""
FIRST_REPEAT_S: Final = 0.5
LONGEST_REPEAT_S: Final = 10.0
"""As a tracker repeats, contract promise 1."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a press; seconds from the press, None where it did not come."""

    broker: str
    result: Result
    received_s: float | None = None
    alerted_s: float | None = None


class Alerts:
    """The alerts that have arrived, by incident and count of presses; thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.changed = Condition()
        self._arrived: dict[tuple[str, int], float] = {}

    def note(self, incident: str, presses: int) -> None:
        """Note an alert; a repetition of one that is known says nothing new."""
        with self.changed:
            self._arrived.setdefault((incident, presses), self._clock.monotonic())
            self.changed.notify_all()

    def since(self, incident: str, pressed: float) -> float | None:
        """Return when the first alert of an incident arrived that is not older than a press."""
        times = [at for (of, _), at in self._arrived.items() if of == incident and at >= pressed]
        return min(times, default=None)

    def forget(self, before: float) -> None:
        """Forget what arrived before this time."""
        with self.changed:
            self._arrived = {key: at for key, at in self._arrived.items() if at >= before}


class Press:
    """A LinkHandler for one press; `run` makes it, once."""

    def __init__(self, settings: LinkSettings, panic: Panic, alerts: Alerts, clock: Clock) -> None:
        self._panic = panic
        self._alerts = alerts
        self._clock = clock
        self._changed = alerts.changed
        self._device = settings.client_id
        self._broker = settings.brokers[0]
        self._up = self._stopped = False
        self._incident: str | None = None
        self._received: float | None = None
        self._link = Link(settings, self, subscriptions=(RECEIPT.of(self._device),), clock=clock)

    def run(self) -> Outcome:
        """Connect, press, wait for both answers, and disconnect."""
        self._link.start()
        try:
            if not self._wait(lambda: self._up, CONNECT_S):
                return Outcome(broker=self._broker, result="not_connected")
            return self._press()
        finally:
            self._link.stop()

    def stop(self) -> None:
        """Wait no longer: the process ends."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _press(self) -> Outcome:
        pressed = self._clock.monotonic()
        pause = FIRST_REPEAT_S
        while self._received is None and self._clock.monotonic() - pressed < BACK_S:
            if self._stopped:
                break
            self._send(pressed)
            self._wait(lambda: self._received is not None, pause)
            pause = min(2 * pause, LONGEST_REPEAT_S)
        if self._received is None:
            return Outcome(broker=self._broker, result="not_received")
        received_s = self._received - pressed
        self._wait(lambda: self._alerted(pressed) is not None, BACK_S)
        alerted = self._alerted(pressed)
        return Outcome(
            broker=self._broker,
            result="not_alerted" if alerted is None else "ok",
            received_s=received_s,
            alerted_s=None if alerted is None else alerted - pressed,
        )

    def _send(self, pressed: float) -> None:
        age_ms = round((self._clock.monotonic() - pressed) * 1000)
        panic = codec.encode(
            Panic(
                panic_id=self._panic.panic_id,
                update=0,
                pressed_at=self._panic.pressed_at,
                sent_at=self._clock.now_ms(),
                age_ms=age_ms,
                kind=self._panic.kind,
                silent=True,
            )
        )
        try:
            self._link.publish(PANIC.of(self._device), panic)
        except TransientError:
            return  # the next repetition may find a connection

    def _alerted(self, pressed: float) -> float | None:
        return None if self._incident is None else self._alerts.since(self._incident, pressed)

    def _wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or condition(), seconds)
            return condition()

    # --- LinkHandler, on the network thread ----------------------------------------------------

    def on_up(self, up: Up) -> None:
        """Begin."""
        del up
        with self._changed:
            self._up = True
            self._changed.notify_all()

    def on_down(self, connection: int, reason: str) -> None:
        """Do nothing: the press is repeated until the time is over."""

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        """Do nothing: the broker's word is no answer."""

    def on_message(self, message: Incoming) -> None:
        """Note the receipt of this press."""
        at = self._clock.monotonic()
        try:
            receipt = codec.decode(Receipt, message.payload)
        except DecodeError:
            receipt = None
        if receipt is not None and receipt.panic_id == self._panic.panic_id:
            with self._changed:
                if self._received is None:
                    self._received, self._incident = at, receipt.incident
                self._changed.notify_all()
        self._link.acknowledge(message)
