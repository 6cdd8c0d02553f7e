"""Channels whose other side is gone, hangs or drips delay nothing else."""

import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import msgspec
import pytest

from dispatcher.channels.email import EmailChannel, MailTarget
from dispatcher.channels.port import Channel
from dispatcher.channels.webhook import WebhookChannel, WebhookTarget
from dispatcher.channels.webhook_address import Resolver
from dispatcher.delivery import Worker
from dispatcher.delivery_queue import Outbox
from dispatcher.desk import Desk
from dispatcher.metrics import Metrics
from dispatcher.routing import Route, Routing
from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from runtime.clock import SystemClock
from runtime.lifecycle import Stopping
from tests.integration.dispatcher.receiver import Receiver
from tests.services.choice import wait_until

pytestmark = pytest.mark.integration

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
SECRET = "whsec_b2xkIHNlY3JldCBvZiB0aGUgd2ViaG9vaw=="


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def black_hole() -> Iterator[int]:
    """Return a port where connections are taken and nobody ever speaks."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def released() -> Iterator[Event]:
    """Return what a hanging resolver waits for; set at the end."""
    made = Event()
    yield made
    made.set()


def here(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


def webhook(name: str, port: int, resolver: Resolver = here) -> WebhookChannel:
    target = WebhookTarget(
        name=name, url=f"http://{name}.example:{port}/", secrets=(SECRET,), allowed=LOOPBACK
    )
    return WebhookChannel(target, SystemClock(), "/guardian/test", resolver=resolver)


def test_a_black_hole_a_hanging_resolver_and_a_silent_mail_server_delay_nothing_else(
    tmp_path: Path, receiver: Receiver, black_hole: int, released: Event
) -> None:
    def hanging(_host: str, _port: int) -> list[str]:
        released.wait(60)
        return ["127.0.0.1"]

    mail = MailTarget(
        host="127.0.0.1",
        port=black_hole,
        security="none",
        sender="a@b.example",
        to=("c@d.example",),
    )
    channels: list[Channel] = [
        webhook("hole", black_hole),
        webhook("lost", black_hole, hanging),
        EmailChannel(Route("mail"), mail),
        webhook("good", receiver.port),
    ]
    database, clock, stopping, metrics = database_of(tmp_path), SystemClock(), Stopping(), Metrics()
    outbox = Outbox(database, clock)
    desk = Desk(database, clock, Routing([each.route for each in channels]), metrics=metrics)
    workers = [Worker(each, outbox, clock, metrics) for each in channels]

    def wake() -> None:
        for each in workers:
            each.wake()

    desk.on_commit = wake
    threads = [Thread(target=each.run, args=(stopping,), daemon=True) for each in workers]
    for each in threads:
        each.start()
    try:
        for number in range(5):
            receiver.arrived.clear()
            desk.take_panic(f"tracker-{number}", payload(clock.now_ms()), clock.now_ms())
            assert receiver.arrived.wait(10)
        wait_until(lambda: "good" not in outbox.pending(), "its record")
        assert outbox.pending() == {"hole": 5, "lost": 5, "mail": 5}
    finally:
        stopping.stop("test")
        released.set()
        wake()
        for each in threads:
            each.join(20)
        database.close()


def database_of(folder: Path) -> Database:
    made = Database(f"sqlite:///{folder / 'incidents.db'}")
    upgrade(made)
    return made


def payload(now: int) -> bytes:
    press = {"panic_id": str(uuid4()), "update": 0, "pressed_at": now, "sent_at": now}
    return msgspec.json.encode({**press, "age_ms": 0, "kind": "button", "silent": False})
