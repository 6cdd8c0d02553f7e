"""The dispatcher process: parts, threads and wiring."""

from functools import partial
from pathlib import Path
from typing import Final

from contract.errors import PermanentError
from dispatcher import inbox
from dispatcher import tracker_session as trackers
from dispatcher.accounts import Accounts
from dispatcher.channels.cap.threads import StoredThreads
from dispatcher.channels.configured import Surroundings, configured, networks
from dispatcher.channels.log import LogChannel
from dispatcher.channels.mqtt import MqttChannel
from dispatcher.channels.port import Channel
from dispatcher.channels.release import ReleaseChannel
from dispatcher.channels.webhook import WebhookChannel
from dispatcher.delivery import Worker
from dispatcher.delivery_queue import Outbox
from dispatcher.desk import Desk
from dispatcher.escalation.from_memory import MemoryLadder
from dispatcher.escalation.heart import Heart
from dispatcher.following.part import Following
from dispatcher.gateway import Gateway
from dispatcher.holder_codes import CodeChecks, HolderCodesBook
from dispatcher.inbox import Inbox
from dispatcher.last_statuses import Roster
from dispatcher.metrics import Metrics
from dispatcher.routing import Routing
from dispatcher.sessions import Sessions
from dispatcher.settings import DispatcherSettings
from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from dispatcher.timers import Timers
from dispatcher.tracker_session import Trackers
from dispatcher.web import Web
from dispatcher.without_database import MemoryAlerts
from runtime import lifecycle, logs, metrics, systemd
from runtime.clock import Clock, SystemClock
from runtime.lifecycle import Loop, Stopping
from telemetry_store.port import TelemetryStore, open_store

LOOP_WITHIN_S: Final = {"inbox": 60.0, "timers": 60.0, "codes": 60.0}
"""A transaction that fails takes ten seconds, a hundred timers ten more."""

_log = logs.get(__name__)


class StateDirError(PermanentError):
    """The folder of the incident database cannot be made; see GUARDIAN_STATE_DIR."""


def run(settings: DispatcherSettings, clock: Clock | None = None) -> int:
    """Work until SIGTERM or SIGINT, and return the exit code.

    Raises:
        PermanentError: a setting, a file or a port cannot work.
        TransientError: the telemetry store's file cannot be opened now.
    """
    clock = clock or SystemClock()
    stopping = Stopping()
    undo = lifecycle.install(stopping)
    _make(settings.state_dir)
    database = Database(settings.incident_database)
    try:
        store = open_store(settings)
        try:
            return _Process(settings, database, store, clock, stopping).run()
        finally:
            store.close()
    finally:
        database.close()
        undo()


class _Process:
    """Everything that runs."""

    def __init__(
        self,
        settings: DispatcherSettings,
        database: Database,
        store: TelemetryStore,
        clock: Clock,
        stopping: Stopping,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._stopping = stopping
        self._metrics = Metrics()
        self._outbox = Outbox(database, clock)
        publisher = _Publisher()
        around = Surroundings(
            clock=clock, source=settings.source, threads=StoredThreads(database),
            console_url=settings.console_url,
        )  # fmt: skip
        channels = _channels(settings, store, self._outbox, publisher, around)
        routing = Routing(
            [each.route for each in channels],
            ladder=settings.read_ladder(),
            jurisdictions=settings.read_jurisdictions(),
        )
        self._desk = Desk(
            database, clock, routing,
            metrics=self._metrics, source=settings.source,
        )  # fmt: skip
        self._workers = [self._worker(each) for each in channels]
        senders = [(each.channel.route, each) for each in self._workers]
        memory = MemoryAlerts(senders, self._desk.announcements, clock, self._metrics)
        self._inbox = Inbox(self._desk, memory, self._desk.alarm, clock, self._metrics)
        self._trackers = Trackers(self._desk, Roster(database), clock, self._metrics)
        publisher.trackers = self._trackers
        self._memory_ladder = MemoryLadder(self._desk, routing, senders, clock)
        self._heart = _heart(settings, clock, self._metrics)
        if self._heart is not None:
            self._desk.auditor.on_sound = self._heart.sound
        self._timers = Timers(
            self._desk, clock, prepare=partial(upgrade, database), measure=self._measure
        )
        self._codes = CodeChecks(self._desk, HolderCodesBook(database, clock), clock)
        self._sessions = Sessions(settings, clock, self._metrics, self._beat)
        self._inbox.attach(self._sessions.add("panics", self._inbox, inbox.SUBSCRIPTIONS))
        self._trackers.attach(
            self._sessions.add(
                "trackers", self._trackers, trackers.SUBSCRIPTIONS, suffix=".trackers"
            )
        )
        self._following = Following(self._desk, database, routing, store, clock)
        self._following.connect(self._sessions, self._trackers)
        self._watchdog = systemd.Watchdog(clock, LOOP_WITHIN_S | self._sessions.within)
        gateway = Gateway(self._desk, clock, alert=memory.alert, keep=self._inbox.keep)
        self._web = Web(self._desk, Accounts(database, clock), clock, settings, gateway)
        self._desk.on_commit = self._wake
        self._desk.on_receipts = self._trackers.send_receipts
        self._desk.alarm.notify = self._trackers.notify

    def run(self) -> int:
        self._timers.prepare()
        server = self._serve_metrics()
        try:
            self._sessions.start()
            systemd.notify("READY=1")
            _log.info("dispatcher_started", client=self._settings.client_id, port=self._web.port)
            return lifecycle.run(self._loops(), self._stopping)
        finally:
            systemd.notify("STOPPING=1")
            self._sessions.stop()
            if server is not None:
                server.stop()

    def _loops(self) -> list[Loop]:
        stopping, beat = self._stopping, self._watchdog.beat
        targets = {
            "inbox": lambda: self._inbox.run(stopping, lambda: beat("inbox")),
            "timers": lambda: self._timers.run(stopping, lambda: beat("timers")),
            "codes": lambda: self._codes.run(stopping, lambda: beat("codes")),
            "memory-ladder": lambda: self._memory_ladder.run(stopping),
            "trackers": lambda: self._trackers.run(stopping),
            **self._following.loops(stopping),
            "web": lambda: self._web.run(stopping),
            "web-stop": lambda: self._web.stop_with(stopping),
            "watchdog": lambda: self._watchdog.run(stopping),
        }
        if self._heart is not None:
            targets["heart"] = partial(self._heart.run, stopping)
        for worker in self._workers:
            targets[f"deliver-{worker.name}"] = partial(worker.run, stopping)
        return [Loop(name, target, stopping) for name, target in targets.items()]

    def _worker(self, channel: Channel) -> Worker:
        alarm = partial(self._desk.alarm.say, f"channel {channel.route.channel}")
        give_way = self._desk.precedence.give_way
        return Worker(channel, self._outbox, self._clock, self._metrics, alarm, give_way=give_way)

    def _wake(self) -> None:
        for worker in self._workers:
            worker.wake()
        self._timers.wake()
        self._following.wake()
        self._codes.wake()

    def _measure(self) -> None:
        self._outbox.forget(self._settings.deliveries_kept_days)
        pending = self._outbox.pending()
        for worker in self._workers:
            self._metrics.pending.labels(worker.name).set(pending.get(worker.name, 0))

    def _beat(self, loop: str) -> None:
        self._watchdog.beat(loop)

    def _serve_metrics(self) -> metrics.Server | None:
        address = self._settings.metrics_address
        return address and metrics.serve(address, self._metrics.registry, self._health)

    def _health(self) -> metrics.Health:
        late = self._watchdog.late(self._clock.monotonic())
        problems = [f"loop {name} hangs" for name in late]
        if self._desk.alarm.is_down:
            problems.append("the incident database does not commit")
        problems += self._sessions.problems()
        down = self._sessions.brokers_down()
        return metrics.Health(tuple(problems), {"held": self._inbox.held, "brokers_down": down})


class _Publisher:
    """The trackers' session, which is made after the channel that publishes through it."""

    trackers: Trackers

    def publish_confirmed(self, topic: str, payload: bytes) -> None:
        self.trackers.publish_confirmed(topic, payload)


def _channels(
    settings: DispatcherSettings,
    store: TelemetryStore,
    outbox: Outbox,
    publisher: _Publisher,
    around: Surroundings,
) -> list[Channel]:
    channels: list[Channel] = [
        LogChannel(),
        MqttChannel(publisher, settings.source),
        ReleaseChannel(store, outbox.is_open),
    ]
    if settings.webhook is not None:
        channels.append(WebhookChannel(settings.webhook, around.clock, around.source))
    return channels + configured(settings.channel, around)


def _heart(settings: DispatcherSettings, clock: Clock, metrics_: Metrics) -> Heart | None:
    if settings.heartbeat_url is None:
        return None
    return Heart(settings.heartbeat_url, networks(settings.webhook_allow), clock, metrics_)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateDirError(f"{folder}: {error}") from error
