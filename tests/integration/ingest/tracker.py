"""A tracker in its simplest form: what it sends it keeps until `Stored` has named it."""

from contextlib import suppress
from threading import Condition

from contract import codec
from contract.messages import Location, Status, Stored
from contract.topics import HISTORY, LOCATION, STATUS, STORED
from runtime.clock import SystemClock
from runtime.mqtt.link import Incoming, Link, LinkSettings, NotConnectedError, Up
from tests.services.choice import wait_until

BOOT = "0a1b2c3d"
IN_FLIGHT = 15
"""Fewer than Mosquitto's window of 20."""


class Tracker:
    """LinkHandler of one device. Its times are a millisecond apart."""

    def __init__(self, device: str, url: str) -> None:
        self.device = device
        self.start_ms = SystemClock().now_ms() - 1_000_000
        self.sent: dict[int, Location] = {}
        self.named: set[int] = set()
        self._in_flight: set[int] = set()
        self._changed = Condition()
        self._link = Link(
            LinkSettings(
                brokers=(url,),
                client_id=device,
                ca_file=None,
                cert_file=None,
                key_file=None,
                username=None,
                password=None,
                keepalive_s=30,
                session_expiry_s=600,
                receive_maximum=20,
                send_buffer=None,
            ),
            self,
            subscriptions=(STORED.of(device),),
        )
        self._link.start()

    def on_up(self, up: Up) -> None:
        del up
        self._forget_flight()

    def on_down(self, connection: int, reason: str) -> None:
        del connection, reason
        self._forget_flight()

    def on_message(self, message: Incoming) -> None:
        stored = codec.decode(Stored, message.payload)
        with self._changed:
            for report in stored.reports:
                assert report.boot == BOOT
                for first, last in report.seqs:
                    self.named.update(range(first, last + 1))
            self._changed.notify_all()
        self._link.acknowledge(message)

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        del connection
        assert failure is None
        with self._changed:
            self._in_flight.discard(packet)
            self._changed.notify_all()

    def wait_connected(self) -> None:
        wait_until(lambda: self._link.connection is not None, f"{self.device} to connect")

    def send(self, *seqs: int, **fields: object) -> None:
        """Send locations one by one, as fast as the broker takes them."""
        for seq in seqs:
            self._publish(LOCATION.of(self.device), codec.encode(self.location(seq, **fields)))

    def send_again(self, *, batch: int = 20) -> None:
        """Send what was not named, as a tracker does after a while."""
        waiting = sorted(set(self.sent) - self.named)
        for start in range(0, len(waiting), batch):
            locations = [self.sent[seq] for seq in waiting[start : start + batch]]
            self._publish(HISTORY.of(self.device), codec.encode(locations))

    def send_raw(self, payload: bytes) -> None:
        self._publish(LOCATION.of(self.device), payload)

    def send_status(self, status: Status) -> None:
        self._publish(STATUS.of(self.device), codec.encode(status), retain=True)

    def location(self, seq: int, **fields: object) -> Location:
        """Return the report, and remember that it is to be stored."""
        known: dict[str, object] = {
            "boot": BOOT, "seq": seq, "time": self.start_ms + seq, "lat": 25.0 + seq / 1e5,
            "lon": 121.5, "speed": 1.5, "satellites": 9, **fields,
        }  # fmt: skip
        return self.sent.setdefault(seq, Location(**known))  # type: ignore[arg-type]

    def wait_named(self, seconds: float = 60.0) -> None:
        """Wait until everything sent has been named."""
        with self._changed:
            done = self._changed.wait_for(lambda: self.named >= set(self.sent), seconds)
            missing = sorted(set(self.sent) - self.named)
            assert done, f"{self.device}: never named: {missing[:10]} and {len(missing)} in all"

    def send_until_named(self, rounds: int = 60) -> None:
        """Send again what is not named within a second, until everything is."""
        for _ in range(rounds):
            self.send_again()
            with self._changed:
                if self._changed.wait_for(lambda: self.named >= set(self.sent), 1.0):
                    return
        self.wait_named(0)

    def stop(self) -> None:
        self._link.stop()

    def _forget_flight(self) -> None:
        with self._changed:
            self._in_flight.clear()
            self._changed.notify_all()

    def _publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._in_flight) < IN_FLIGHT, 30.0)
            with suppress(NotConnectedError):
                self._in_flight.add(self._link.publish(topic, payload, retain=retain))
