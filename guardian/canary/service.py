"""The canary's process: one broker after the other, until it is to stop."""

import secrets
from collections.abc import Callable, Iterator
from itertools import cycle
from threading import Lock
from typing import Final

from contract.ids import uuid7
from contract.messages import Panic
from guardian.canary.metrics import CanaryMetrics
from guardian.canary.press import BACK_S, CONNECT_S, Alerts, Outcome, Press
from guardian.canary.receiver import Receiver
from guardian.canary.settings import CanarySettings
from runtime import lifecycle, logs, metrics, systemd
from runtime.clock import Clock, SystemClock
from runtime.lifecycle import Loop, Stopping
from runtime.mqtt.interface import LinkSettings
from runtime.settings.bind import split_bind

KEEPALIVE_S: Final = 30
RECEIVE_MAXIMUM: Final = 20
ROUNDS: Final = 2
"""A press that came back must be followed by another after so many rounds: one may be missed."""
REMEMBER_S: Final = 900.0
"""An incident of the canary closes after five minutes; what is repeated later says nothing."""
PRESS_WITHIN_S: Final = CONNECT_S + 2 * BACK_S + 10.0
"""How long one press may take, and its leave."""

_log = logs.get(__name__)


def run(settings: CanarySettings, clock: Clock | None = None) -> int:
    """Press until SIGTERM or SIGINT, and return the exit code.

    Raises:
        PermanentError: a setting, a file or a port cannot work.
    """
    clock = clock or SystemClock()
    stopping = Stopping()
    undo = lifecycle.install(stopping)
    try:
        return Canary(settings, clock, stopping).run()
    finally:
        undo()


class Canary:
    """Everything that runs."""

    def __init__(self, settings: CanarySettings, clock: Clock, stopping: Stopping) -> None:
        self._settings = settings
        self._clock = clock
        self._stopping = stopping
        self._alerts = Alerts(clock)
        self.metrics = CanaryMetrics()
        self.metrics.begin(settings.brokers)
        self._due: dict[str, float] = {}
        self._lock = Lock()
        self._pressing: Press | None = None
        self._brokers: Iterator[str] = cycle(settings.brokers)
        within = {"canary": settings.canary_period_s + PRESS_WITHIN_S}
        self._watchdog = systemd.Watchdog(clock, within)
        for broker in settings.brokers:
            self._plan(broker)

    def run(self) -> int:
        """Serve and press until told to stop."""
        address = split_bind(self._settings.canary_listen)
        receiver = Receiver(address, self._settings.canary_secret, self._alerts.note)
        server = self._serve_metrics()
        try:
            systemd.notify("READY=1")
            _log.info("canary_started", device=self._settings.device, port=receiver.port)
            return lifecycle.run(self._loops(), self._stopping)
        finally:
            systemd.notify("STOPPING=1")
            receiver.stop()
            if server is not None:
                server.stop()

    def turn(self, press: Callable[[LinkSettings, Panic], Outcome] | None = None) -> Outcome:
        """Press once, by the next broker."""
        broker = next(self._brokers)
        self._alerts.forget(self._clock.monotonic() - REMEMBER_S)
        outcome = (press or self._press)(_link_settings(self._settings, broker), self._panic())
        if not self._stopping.is_set():
            self._note(outcome)
        return outcome

    def problems(self) -> list[str]:
        """Name the brokers by which no press has come back in time."""
        now = self._clock.now_ms() / 1000
        return [
            f"no press came back through {broker}" for broker, due in self._due.items() if due < now
        ]

    def _loops(self) -> list[Loop]:
        stopping = self._stopping
        targets = {
            "canary": self._go_round,
            "canary-stop": self._stop_pressing,
            "watchdog": lambda: self._watchdog.run(stopping),
        }
        return [Loop(name, target, stopping) for name, target in targets.items()]

    def _go_round(self) -> None:
        while not self._stopping.is_set():
            self._watchdog.beat("canary")
            began = self._clock.monotonic()
            self.turn()
            took = self._clock.monotonic() - began
            self._stopping.wait(max(0.0, self._settings.canary_period_s - took))

    def _stop_pressing(self) -> None:
        self._stopping.wait()
        with self._lock:
            if self._pressing is not None:
                self._pressing.stop()

    def _press(self, link: LinkSettings, panic: Panic) -> Outcome:
        with self._lock:
            press = self._pressing = Press(link, panic, self._alerts, self._clock)
            if self._stopping.is_set():
                press.stop()
        return press.run()

    def _panic(self) -> Panic:
        now = self._clock.now_ms()
        return Panic(
            panic_id=uuid7(now, secrets.token_bytes(10)),
            update=0, pressed_at=now, sent_at=now, age_ms=0, kind="button", silent=True,
        )  # fmt: skip

    def _note(self, outcome: Outcome) -> None:
        self.metrics.presses.labels(outcome.broker, outcome.result).inc()
        if outcome.received_s is not None:
            self.metrics.received_s.labels(outcome.broker).observe(outcome.received_s)
        if outcome.alerted_s is not None:
            self.metrics.alerted_s.labels(outcome.broker).observe(outcome.alerted_s)
        if outcome.result == "ok":
            self._plan(outcome.broker)
        else:
            _log.error("canary_press_lost", broker=outcome.broker, result=outcome.result)

    def _plan(self, broker: str) -> None:
        """Say by when the next press through a broker must have come back."""
        round_s = self._settings.canary_period_s * len(self._settings.brokers)
        due = self._clock.now_ms() / 1000 + ROUNDS * round_s + PRESS_WITHIN_S
        self._due[broker] = due
        self.metrics.due.labels(broker).set(due)

    def _serve_metrics(self) -> metrics.Server | None:
        address = self._settings.metrics_address
        return address and metrics.serve(address, self.metrics.registry, self._health)

    def _health(self) -> metrics.Health:
        late = self._watchdog.late(self._clock.monotonic())
        return metrics.Health((*self.problems(), *(f"loop {name} hangs" for name in late)))


def _link_settings(settings: CanarySettings, broker: str) -> LinkSettings:
    """Return how the canary speaks to one broker: each press is a visit that leaves nothing."""
    return LinkSettings(
        brokers=(broker,),
        client_id=settings.device,
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
        username=settings.username,
        password=settings.password,
        keepalive_s=KEEPALIVE_S,
        session_expiry_s=0,
        clean_start=True,
        receive_maximum=RECEIVE_MAXIMUM,
        send_buffer=None,
        connect_timeout_s=CONNECT_S,
    )
