"""What stands behind the broker: it records what a tracker sends, and answers when told to."""

from collections.abc import Callable
from threading import Condition
from typing import Any

from contract import codec
from contract.messages import Location, Panic, Receipt, Reports, Stage, Status, Stored
from contract.topics import PREFIX, RECEIPT, STORED, parse_tracker_topic
from runtime.mqtt.link import Incoming, Link, LinkSettings, Up
from tests.services.choice import wait_until

DEVICE = "tracker-a"


class Services:
    """LinkHandler of ingest and dispatcher in one."""

    def __init__(self, url: str) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self._changed = Condition()
        self.link = Link(
            LinkSettings(
                brokers=(url,),
                client_id="svc.test.1",
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
            subscriptions=(f"{PREFIX}/#",),
        )
        self.link.start()
        wait_until(lambda: self.link.connection is not None, "the services to connect")

    def on_up(self, up: Up) -> None:
        """Nothing is owed."""

    def on_down(self, connection: int, reason: str) -> None:
        """Nothing is lost."""

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        """Whether it arrived is seen at the tracker."""

    def on_message(self, message: Incoming) -> None:
        _, topic = parse_tracker_topic(message.topic)
        with self._changed:
            self.messages.append((topic.name, message.payload))
            self._changed.notify_all()
        self.link.acknowledge(message)

    def wait_for(self, what: str, condition: Callable[[], object], seconds: float = 15) -> None:
        """Wait until what was received fulfils the condition."""
        with self._changed:
            assert self._changed.wait_for(condition, seconds), f"waited in vain for {what}"

    def wait_for_count(self, count: int, what: str, received: Callable[[], list[Any]]) -> None:
        """Wait until so many of these were received."""
        self.wait_for(what, lambda: len(received()) >= count)

    def locations(self) -> list[Location]:
        return [codec.decode(Location, each) for each in self._of("location")]

    def history(self) -> list[Location]:
        batches = [codec.decode(list[Location], each) for each in self._of("history")]
        return [location for batch in batches for location in batch]

    def panics(self) -> list[Panic]:
        return [codec.decode(Panic, each) for each in self._of("panic")]

    def statuses(self) -> list[Status]:
        return [codec.decode(Status, each) for each in self._of("status")]

    def store(self, *locations: Location) -> None:
        """Say that these are stored."""
        reports = [Reports(boot=each.boot, seqs=[(each.seq, each.seq)]) for each in locations]
        self.link.publish(STORED.of(DEVICE), codec.encode(Stored(reports=reports)))

    def answer(self, panic: Panic, stage: Stage = "received", *, version: int = 1) -> None:
        """Send the receipt of a panic."""
        receipt = Receipt(
            panic_id=panic.panic_id,
            update=panic.update,
            version=version,
            stage=stage,
            at=panic.sent_at,
        )
        self.link.publish(RECEIPT.of(DEVICE), codec.encode(receipt))

    def _of(self, name: str) -> list[bytes]:
        return [payload for topic, payload in self.messages if topic == name]
