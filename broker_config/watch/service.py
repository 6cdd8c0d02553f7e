"""The process of `guardian broker watch`: parts, threads and wiring."""

from functools import partial
from typing import Final

from broker_config.watch.board import Board
from broker_config.watch.certificates import Certificates
from broker_config.watch.metrics import WatchMetrics
from broker_config.watch.server_certificate import server_certificate
from broker_config.watch.session import Session
from broker_config.watch.settings import WatchSettings
from broker_config.watch.sources import SOURCES, Places, Sources
from broker_config.watch.statistics import FILTER
from contract.errors import PermanentError
from runtime import lifecycle, logs, metrics, systemd
from runtime.clock import Clock, SystemClock
from runtime.lifecycle import Loop, Stopping
from runtime.metric_list import begin
from runtime.mqtt.address import BrokerAddress, parse_broker
from runtime.mqtt.backoff import SERVICE_LONGEST_S
from runtime.mqtt.link import Link, LinkSettings

KEEPALIVE_S: Final = 5
"""A broker that hangs shows as down within ten seconds: the next scrape."""
RECEIVE_MAXIMUM: Final = 100
"""Mosquitto has some fifty statistics, and all come at once."""
LOOP_WITHIN_S: Final = 90.0
"""An attempt to connect takes thirty seconds at most, as does a name server that is away."""

_log = logs.get(__name__)


def run(settings: WatchSettings, clock: Clock | None = None) -> int:
    """Work until SIGTERM or SIGINT, and return the exit code.

    Raises:
        PermanentError: a setting or a port cannot work.
    """
    stopping = Stopping()
    undo = lifecycle.install(stopping)
    try:
        return _Process(settings, clock or SystemClock(), stopping).run()
    finally:
        undo()


class _Process:
    """Everything that runs."""

    def __init__(self, settings: WatchSettings, clock: Clock, stopping: Stopping) -> None:
        self._settings = settings
        self._clock = clock
        self._stopping = stopping
        brokers = {_name(each): each for each in map(parse_broker, settings.brokers)}
        loops = dict.fromkeys(["certificates", *map(_loop, brokers)], LOOP_WITHIN_S)
        self._watchdog = systemd.Watchdog(clock, loops)
        self._metrics = WatchMetrics()
        begin(self._metrics.failures, SOURCES)
        self._board = Board(list(brokers), clock)
        self._certificates = Certificates(self._sources(brokers), clock)
        self._metrics.show(self._board.view, lambda: self._certificates.latest)
        self._links = [
            self._link(number, name, broker)
            for number, (name, broker) in enumerate(brokers.items(), start=1)
        ]

    def run(self) -> int:
        address = self._settings.metrics_address
        if address is None:  # the settings have refused it
            raise PermanentError("GUARDIAN_METRICS_BIND is missing")
        server = metrics.serve(address, self._metrics.list.registry, self._health)
        try:
            for link in self._links:
                link.start()
            systemd.notify("READY=1")
            _log.info("watch_started", client=self._settings.service)
            return lifecycle.run(self._loops(), self._stopping)
        finally:
            systemd.notify("STOPPING=1")
            for link in self._links:
                link.stop()
            server.stop()

    def _loops(self) -> list[Loop]:
        stopping, beat = self._stopping, partial(self._watchdog.beat, "certificates")
        return [
            Loop("certificates", lambda: self._certificates.run(stopping, beat), stopping),
            Loop("watchdog", lambda: self._watchdog.run(stopping), stopping),
        ]

    def _sources(self, brokers: dict[str, BrokerAddress]) -> Sources:
        settings = self._settings
        places = Places(
            cert_file=settings.cert_file,
            ca_file=settings.ca_file,
            pki=settings.pki_dir,
            servers={
                name: partial(
                    server_certificate,
                    broker,
                    settings.ca_file,
                    settings.cert_file,
                    settings.key_file,
                )
                for name, broker in brokers.items()
                if broker.tls
            },
        )
        return Sources(
            places,
            on_failure=lambda kind: self._metrics.failures.labels(kind).inc(),
            beat=partial(self._watchdog.beat, "certificates"),
        )

    def _link(self, number: int, name: str, broker: BrokerAddress) -> Link:
        session = Session(
            name,
            self._board,
            on_unreadable=self._metrics.unreadable.inc,
            on_connected=self._certificates.read_soon,
        )
        link = Link(
            _link_settings(self._settings, number, broker),
            session,
            subscriptions=(FILTER,),
            beat=partial(self._watchdog.beat, _loop(name)),
            clock=self._clock,
        )
        session.attach(link)
        return link

    def _health(self) -> metrics.Health:
        views = self._board.view()
        late = self._watchdog.late(self._clock.monotonic())
        problems = [f"loop {name} hangs" for name in late]
        for name, view in views.items():
            if not view.up:
                problems.append(f"not connected to {name}")
            elif view.silent:
                problems.append(f"{name} sends no statistics")
        return metrics.Health(tuple(problems), {"certificates": len(self._certificates.latest.at)})


def _name(broker: BrokerAddress) -> str:
    """Return host:port."""
    return str(broker).partition("://")[2]


def _loop(broker: str) -> str:
    return f"mqtt {broker}"


def _link_settings(settings: WatchSettings, number: int, broker: BrokerAddress) -> LinkSettings:
    return LinkSettings(
        brokers=(str(broker),),
        # Two addresses may lead to one broker, where equal client ids would end each other.
        client_id=f"{settings.service}.watch.{number}",
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
        username=settings.username,
        password=settings.password,
        keepalive_s=KEEPALIVE_S,
        session_expiry_s=0,
        receive_maximum=RECEIVE_MAXIMUM,
        send_buffer=None,
        clean_start=True,
        longest_pause_s=SERVICE_LONGEST_S,
    )
