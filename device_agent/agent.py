"""The process on the tracker: its threads, and how they are wired.

The port's thread, the buttons' threads, the network thread and the local socket post events; the
working loop alone decides; the outbox's thread writes. No thread waits for another one.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from queue import Empty, SimpleQueue
from random import SystemRandom

from contract import codec
from contract.topics import COMMAND, RECEIPT, STATUS, STORED
from device_agent import baud
from device_agent.battery import BatteryWatch
from device_agent.baud import BaudSearch
from device_agent.buttons import signals
from device_agent.buttons.early_signal import hold_back
from device_agent.buttons.input_event import InputDevice
from device_agent.buttons.open import button_thread
from device_agent.events import Event, LinkDown, Puback, TextGiven
from device_agent.feedback.outputs import opener
from device_agent.feedback.player import Player
from device_agent.keypad import KeypadThread
from device_agent.local_socket import LocalSocket
from device_agent.moment import TrackerClock
from device_agent.nmea.dates import FLOOR_MS
from device_agent.nmea.reader import NmeaReader
from device_agent.serial_port import Port
from device_agent.settings import AgentSettings, Button, Keypad, SignalButton
from device_agent.state_dir import held
from device_agent.text_program import Ended, TextProgram, ignored
from device_agent.tracker import Tracker
from device_agent.writer import OutboxWriter
from runtime import logs, systemd
from runtime.clock import Clock, SystemClock
from runtime.lifecycle import Loop, Stopping, install, run
from runtime.mqtt.interface import Incoming, LinkSettings, Up, Will
from runtime.mqtt.link import Link

KEEPALIVE_S = 30
"""Mobile networks forget idle connections after a minute at the earliest; twice in that time."""
SESSION_EXPIRY_S = 86_400
"""Receipts and commands wait for a tracker that is a day without a network."""
RECEIVE_MAXIMUM = 10
"""Receipts and commands are few; a flood of them must not fill a small board's memory."""
SEND_BUFFER = 4096
"""What lies in it cannot be overtaken by a press: 3.4 s at 9.6 kbit/s."""
STOP_LINK_S = 2.0
"""Time for the last Status; what is not sent by then is on disk."""

LATE_AFTER_S = {
    "working": 10.0,
    "reader": 30.0,  # opening a USB port that hangs takes the kernel's time-outs
    "link": 60.0,  # name, TCP, TLS and CONNACK each have their own time-outs
    "local": 30.0,
    "battery": 120.0,  # a fuel gauge's bus may hang for a while; nothing waits for it
    # A disk that hangs is a fault and no reason to restart: presses in memory would be lost.
    "outbox": 600.0,
    "feedback": 30.0,  # each program of it may take 5 s
    "fallback": 180.0,  # its program may take two minutes
    "messages": 180.0,
}
"""In which time each loop has to come round."""
INPUT_LATE_AFTER_S = 10.0
DAY_S = 86_400.0

_log = logs.get(__name__)


def run_agent(settings: AgentSettings) -> int:
    """Run until SIGTERM; returns the exit code.

    Raises:
        AgentAlreadyRunsError, StateDirError: see there.
        runtime.mqtt.errors.BrokerAddressError: see there.
    """
    hold_back()
    stopping = Stopping()
    with held(settings.state_dir):
        agent = Agent(settings, SystemClock(), stopping)
        uninstall = install(stopping)
        try:
            return agent.run()
        finally:
            uninstall()


class Agent:
    """All parts of the process; nothing runs before `run`."""

    def __init__(self, settings: AgentSettings, clock: Clock, stopping: Stopping) -> None:
        self._settings = settings
        self._clock = clock
        self._stopping = stopping
        self._inbox: SimpleQueue[Event] = SimpleQueue()
        self._buttons = {f"button-{n}": each for n, each in enumerate(settings.all_buttons(), 1)}
        self._watchdog = systemd.Watchdog(clock, _late_after(settings, self._buttons))
        self._writer = OutboxWriter(
            settings.state_dir / "outbox.db", self._post, clock=clock, beat=self._beat("outbox")
        )
        self._port = Port(
            settings.serial_port,
            BaudSearch(settings.serial_baud, baud.recall(settings.state_dir)),
            NmeaReader(),
            self._post,
            clock=clock,
            stopping=stopping,
            beat=self._beat("reader"),
            remember=partial(baud.remember, settings.state_dir),
        )
        self._link = Link(
            link_settings(settings),
            _Handler(self._post),
            subscriptions=[topic.of(settings.device) for topic in (STORED, RECEIPT, COMMAND)],
            will=self._will,
            beat=self._beat("link"),
            clock=clock,
        )
        self._battery = BatteryWatch(
            settings.battery, self._post, stopping=stopping, beat=self._beat("battery")
        )
        self._optional: dict[str, Callable[[], None]] = {}
        """The threads that not every tracker has."""
        self._tracker = self._make_tracker()
        self._add_keypads()

    def run(self) -> int:
        """Start everything, wait for the end, and return the exit code."""
        self._tracker.restore(self._writer.open())
        local = LocalSocket(
            self._settings.state_dir, self._post, stopping=self._stopping, beat=self._beat("local")
        )
        targets: dict[str, Callable[[], None]] = {
            "outbox": self._writer.run,
            "working": self._work,
            "reader": self._port.run,
            "local": local.run,
            "battery": self._battery.run,
            **self._optional,
            "watchdog": lambda: self._watchdog.run(self._stopping),
        }
        for name, button in self._buttons.items():
            targets[name] = button_thread(
                name,
                button,
                self._post,
                port=self._port,
                clock=self._clock,
                stopping=self._stopping,
                beat=self._beat(name),
            )
        self._link.start()
        return run([Loop(*each, self._stopping) for each in targets.items()], self._stopping)

    def _make_tracker(self) -> Tracker:
        return Tracker(
            feedback=self._make_player(),
            text_program=self._make_program("fallback", self._settings.fallback, self._text_given),
            message_program=self._make_program("messages", self._settings.message_program),
            device=self._settings.device,
            boot=secrets.token_hex(4),
            version=version("guardian-safety"),
            intervals=self._settings.intervals,
            max_reports=self._settings.outbox_max_reports,
            max_age_s=self._settings.outbox_max_age_days * DAY_S,
            clock=TrackerClock(self._clock, build_ms=FLOOR_MS),
            link=self._link,
            disk=self._writer,
            randomness=secrets.token_bytes,
            jitter=SystemRandom().random,
        )

    def _make_player(self) -> Player | None:
        outputs = [opener(each) for each in self._settings.feedback]
        if not outputs:
            return None
        player = Player(
            outputs, clock=self._clock, stopping=self._stopping, beat=self._beat("feedback")
        )
        self._optional["feedback"] = player.run
        return player

    def _make_program(
        self, name: str, command: tuple[str, ...], ended: Ended = ignored
    ) -> TextProgram | None:
        if not command:
            return None
        program = TextProgram(name, command, ended, stopping=self._stopping, beat=self._beat(name))
        self._optional[name] = program.run
        return program

    def _text_given(self, panic_id: str, ok: bool) -> None:  # noqa: FBT001 - as `Ended` has it
        self._post(TextGiven(panic_id, ok))

    def _add_keypads(self) -> None:
        for name, keypad in _keypads(self._settings).items():
            thread = KeypadThread(
                name,
                partial(InputDevice, keypad.path),
                self._post,
                stopping=self._stopping,
                beat=self._beat(name),
            )
            self._optional[name] = thread.run

    def _work(self) -> None:
        _log.info("started", device=self._settings.device, boot=self._tracker.boot)
        systemd.notify("READY=1")
        try:
            wait_s = 0.0
            while not self._stopping.is_set():
                self._watchdog.beat("working")
                self._handle_events(wait_s)
                wait_s = self._tracker.step()
            self._tracker.say_offline()
        finally:
            self._link.stop(STOP_LINK_S)
            self._writer.end()
            if any(isinstance(each, SignalButton) for each in self._buttons.values()):
                signals.wake()

    def _handle_events(self, wait_s: float) -> None:
        """Wait for an event, then take all that are there."""
        try:
            event = self._inbox.get(timeout=wait_s)
            while True:
                self._tracker.handle(event)
                event = self._inbox.get_nowait()
        except Empty:
            return

    def _will(self, connection: int) -> Will:
        payload = codec.encode(self._tracker.will(connection))
        return Will(STATUS.of(self._settings.device), payload, STATUS.retained)

    def _post(self, event: Event) -> None:
        self._inbox.put(event)

    def _beat(self, loop: str) -> Callable[[], None]:
        return lambda: self._watchdog.beat(loop)


class _Handler:
    """Hands what the network thread tells to the working loop."""

    def __init__(self, post: Callable[[Event], None]) -> None:
        self._post = post

    def on_up(self, up: Up) -> None:
        self._post(up)

    def on_down(self, connection: int, reason: str) -> None:
        self._post(LinkDown(connection, reason))

    def on_message(self, message: Incoming) -> None:
        self._post(message)

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        self._post(Puback(packet, connection, failure))


def link_settings(settings: AgentSettings) -> LinkSettings:
    """Return how a tracker speaks MQTT."""
    return LinkSettings(
        brokers=settings.brokers,
        client_id=settings.device,
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
        username=settings.username,
        password=settings.password,
        keepalive_s=KEEPALIVE_S,
        session_expiry_s=SESSION_EXPIRY_S,
        receive_maximum=RECEIVE_MAXIMUM,
        send_buffer=SEND_BUFFER,
        not_before=datetime.fromtimestamp(FLOOR_MS / 1000, tz=UTC),
    )


def _late_after(settings: AgentSettings, buttons: Mapping[str, Button]) -> dict[str, float]:
    """Return the loops that are watched; a signal's thread sleeps until the signal comes."""
    watched = [name for name, each in buttons.items() if not isinstance(each, SignalButton)]
    watched += _keypads(settings)
    there = {
        "feedback": bool(settings.feedback),
        "fallback": bool(settings.fallback),
        "messages": bool(settings.message_program),
    }
    always = {name: late for name, late in LATE_AFTER_S.items() if there.get(name, True)}
    return always | dict.fromkeys(watched, INPUT_LATE_AFTER_S)


def _keypads(settings: AgentSettings) -> dict[str, Keypad]:
    return {f"keypad-{number}": each for number, each in enumerate(settings.keypad, 1)}
