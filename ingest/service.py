"""The ingest process: parts, threads and wiring."""

import gc
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

from contract.errors import PermanentError, TransientError
from ingest.dead_letters import DeadLetters
from ingest.settings import IngestSettings
from ingest.source import Source
from ingest.worker import POSITIONS, Parts, Worker, subscriptions
from runtime import lifecycle, logs, metrics, systemd
from runtime.clock import Clock, SystemClock
from runtime.lifecycle import Loop, Stopping
from runtime.mqtt.backoff import SERVICE_LONGEST_S
from runtime.mqtt.link import Link, LinkSettings
from telemetry_store.port import TelemetryStore, open_store
from telemetry_store.settings import DAY_MS

KEEPALIVE_S = 30
"""A dead connection costs nothing but time here: the broker queues. Half of NAT's usual minute."""
SESSION_EXPIRY_S = 7 * 86_400
"""A worker that is away for longer is not coming back; its messages come from the trackers."""
STOP_S = 5.0
"""For taking leave of all brokers: half of what Docker waits before it kills."""
PRUNE_EVERY_S = 3_600.0
"""Retention is counted in days."""
COLLECT_EVERY = (50_000, 10, 10)
"""New objects before a collection of the youngest: those of some ten batches."""
LOOP_WITHIN_S = {"receive": 30.0, "write": 120.0}
"""A write may wait 33 s for InfluxDB in each of two buckets."""
MQTT_WITHIN_S = 90.0
"""The thread of each broker; a connection attempt takes 30 s at most."""

_log = logs.get(__name__)


class DeadLettersError(PermanentError):
    """The file of dead letters cannot be used; see GUARDIAN_STATE_DIR."""


def run(settings: IngestSettings, clock: Clock | None = None) -> int:
    """Work until SIGTERM or SIGINT, and return the exit code.

    Raises:
        PermanentError: a setting, a file or a port cannot work.
        TransientError: the store's file cannot be opened now.
    """
    clock = clock or SystemClock()
    stopping = Stopping()
    undo = lifecycle.install(stopping)
    store = open_store(settings)
    try:
        letters = _open_letters(settings.state_dir / f"dead-letters-{settings.instance}.db")
        try:
            with _rare_collections():
                return _Process(settings, store, letters, clock, stopping).run()
        finally:
            letters.close()
    finally:
        store.close()
        undo()


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for garbage in cycles more rarely, and never among what is imported by now.

    Messages come and go by the thousand without a cycle, and each looking costs them 7 %.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*COLLECT_EVERY)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


class _Process:
    """Everything that runs."""

    def __init__(
        self,
        settings: IngestSettings,
        store: TelemetryStore,
        letters: DeadLetters,
        clock: Clock,
        stopping: Stopping,
    ) -> None:
        self._settings = settings
        self._store = store
        self._letters = letters
        self._clock = clock
        self._stopping = stopping
        mqtt = {f"mqtt {broker}": MQTT_WITHIN_S for broker in settings.brokers}
        self._watchdog = systemd.Watchdog(clock, {**LOOP_WITHIN_S, **mqtt})
        self._worker = Worker(
            settings,
            Parts(
                store=store,
                letters=letters,
                clock=clock,
                stopping=stopping,
                beat=self._watchdog.beat,
            ),
        )

    def run(self) -> int:
        numbers = count(1)
        links = [self._link(source, numbers) for source in self._worker.sources]
        server = self._serve_metrics()
        try:
            for link in links:
                link.start()
            systemd.notify("READY=1")
            _log.info("ingest_started", client=self._settings.client_id)
            return lifecycle.run(self._loops(), self._stopping)
        finally:
            systemd.notify("STOPPING=1")
            for link in links:
                link.stop(STOP_S / len(links))
            if server is not None:
                server.stop()

    def _link(self, source: Source, numbers: Iterator[int]) -> Link:
        """Return a broker's link: a broker that is down hinders no other."""
        link = Link(
            replace(_link_settings(self._settings), brokers=(source.broker,)),
            source,
            subscriptions=subscriptions(self._settings.share_name),
            beat=lambda: self._watchdog.beat(f"mqtt {source.broker}"),
            clock=self._clock,
            numbers=numbers,
        )
        if self._settings.share_name is not None:
            for each in POSITIONS:
                link.unsubscribe(each)  # a session from before there were several workers
        source.attach(link)
        return link

    def _loops(self) -> list[Loop]:
        targets = {
            "receive": self._worker.receive,
            "write": self._worker.write,
            "prune": self._prune,
            "watchdog": lambda: self._watchdog.run(self._stopping),
        }
        return [Loop(name, target, self._stopping) for name, target in targets.items()]

    def _serve_metrics(self) -> metrics.Server | None:
        address = self._settings.metrics_address
        return address and metrics.serve(address, self._worker.metrics.registry, self._health)

    def _health(self) -> metrics.Health:
        late = self._watchdog.late(self._clock.monotonic())
        problems = [*self._worker.problems, *(f"loop {name} hangs" for name in late)]
        return metrics.Health(tuple(problems), {"dead_letters": self._letters.count()})

    def _prune(self) -> None:
        """Keep the retention, at the start and then every hour."""
        while True:
            self._prune_once()
            if self._stopping.wait(PRUNE_EVERY_S):
                return

    def _prune_once(self) -> None:
        now_ms = self._clock.now_ms()
        oldest_ms = now_ms - self._settings.telemetry_retention_days * DAY_MS
        try:
            rows = self._store.prune(now_ms)
            letters = self._letters.prune(oldest_ms)
        except (TransientError, PermanentError, sqlite3.Error) as error:
            self._worker.metrics.errors.labels("prune").inc()
            _log.warning("pruning_failed", reason=str(error))
        else:
            _log.info("pruned", rows=rows, dead_letters=letters)


def _open_letters(path: Path) -> DeadLetters:
    try:
        return DeadLetters(path)
    except (OSError, sqlite3.Error) as error:
        raise DeadLettersError(f"{path}: {error}") from error


def _link_settings(settings: IngestSettings) -> LinkSettings:
    return LinkSettings(
        brokers=settings.brokers,
        client_id=settings.client_id,
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
        username=settings.username,
        password=settings.password,
        keepalive_s=KEEPALIVE_S,
        session_expiry_s=SESSION_EXPIRY_S,
        receive_maximum=settings.receive_maximum,
        send_buffer=None,
        longest_pause_s=SERVICE_LONGEST_S,
        bulk=True,
    )
