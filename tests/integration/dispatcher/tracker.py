"""A tracker in its simplest form: a press is repeated until the receipt names it."""

from contextlib import suppress
from threading import Condition

from contract import codec
from contract.ids import uuid7
from contract.messages import Location, Panic, PanicKind, Receipt
from contract.topics import PANIC, RECEIPT
from runtime.clock import SystemClock
from runtime.mqtt.errors import NotConnectedError
from runtime.mqtt.link import Incoming, Link, LinkSettings, Up

REPEAT_S = 0.5


class Tracker:
    """LinkHandler of one device."""

    def __init__(self, device: str, url: str) -> None:
        self.device = device
        self.receipts: list[Receipt] = []
        self._clock = SystemClock()
        self._changed = Condition()
        self._presses = 0
        self._link = Link(
            LinkSettings(
                brokers=(url,),
                client_id=device,
                ca_file=None,
                cert_file=None,
                key_file=None,
                username=None,
                password=None,
                keepalive_s=5,
                session_expiry_s=600,
                receive_maximum=20,
                send_buffer=None,
            ),
            self,
            subscriptions=(RECEIPT.of(device),),
        )
        self._link.start()

    def on_up(self, up: Up) -> None:
        with self._changed:
            self._changed.notify_all()

    def on_down(self, connection: int, reason: str) -> None:
        pass

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        pass

    def on_message(self, message: Incoming) -> None:
        with self._changed:
            self.receipts.append(codec.decode(Receipt, message.payload))
            self._changed.notify_all()
        self._link.acknowledge(message)

    def press(
        self, kind: PanicKind = "button", panic_id: str | None = None, update: int = 0
    ) -> Panic:
        """Return a press (or an update of one) of this moment; `send` or `deliver` it."""
        now = self._clock.now_ms()
        self._presses += 1
        location = Location(
            boot="0a0b0c0d", seq=self._presses, time=now, lat=25.03, lon=121.56, fix="gps"
        )
        return Panic(
            panic_id=panic_id or uuid7(now, self._presses.to_bytes(10, "big")), update=update,
            pressed_at=now, sent_at=now, age_ms=0, kind=kind, silent=False, location=location,
        )  # fmt: skip

    def send(self, panic: Panic) -> None:
        """Send once, if there is a connection."""
        with suppress(NotConnectedError):
            self._link.publish(PANIC.of(self.device), codec.encode(panic))

    def deliver(self, panic: Panic, seconds: float = 30.0) -> Receipt:
        """Send again and again until a receipt names the press and its update."""
        end = self._clock.monotonic() + seconds
        while self._clock.monotonic() < end:
            self.send(panic)
            receipt = self.wait_for(panic, seconds=REPEAT_S)
            if receipt is not None:
                return receipt
        raise AssertionError(f"{self.device} waited {seconds} s for a receipt")

    def wait_for(
        self, panic: Panic, stage: str | None = None, seconds: float = 10.0
    ) -> Receipt | None:
        """Return a receipt that covers the panic (of this stage), or None when none comes."""

        def found() -> Receipt | None:
            return next(
                (
                    each
                    for each in self.receipts
                    if each.panic_id == panic.panic_id
                    and each.update >= panic.update
                    and stage in (None, each.stage)
                ),
                None,
            )

        with self._changed:
            return self._changed.wait_for(found, seconds)

    def stop(self) -> None:
        self._link.stop()
