"""The working loop's mind: events in; messages, disk writes and answers out. One thread's."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from contract import codec
from contract.errors import DecodeError
from contract.limits import PANIC_RESEND_MAX_S
from contract.messages import Command, Fault, PanicKind, Receipt, Status, Stored
from contract.topics import COMMAND, RECEIPT, STATUS, STORED, parse_tracker_topic
from device_agent.answers import answer
from device_agent.backlog import Backlog
from device_agent.battery import Charge, Gauge
from device_agent.commands import CommandBook
from device_agent.correspondence import Correspondence
from device_agent.events import (
    Asked,
    BatteryRead,
    ButtonLost,
    CodeTyped,
    DiskState,
    Event,
    Heard,
    LinkDown,
    OutboxReset,
    PortState,
    Pressed,
    PressSaved,
    Puback,
    Stuck,
    TextGiven,
)
from device_agent.feedback.choice import Signals
from device_agent.interfaces import DiskPort, FeedbackPort, LinkPort, TextPort
from device_agent.keeping import Keeping
from device_agent.moment import TrackerClock
from device_agent.outbox import Kept
from device_agent.pace import Intervals, Pace
from device_agent.panic import Panics
from device_agent.press import Press
from device_agent.sending import Outgoing, Sender
from device_agent.status import StatusBoard
from device_agent.text_fallback import Fallback
from device_agent.track import Track
from runtime import logs
from runtime.mqtt.errors import NotConnectedError, TooLargeError, TooManyInFlightError
from runtime.mqtt.interface import Incoming, Up

ROUND_S = 1.0
"""The loop comes round at least so often: for the watchdog, and for what changes by itself."""
RETURN_AFTER_S = 600.0
"""How long another broker serves before the first one is looked for, and again: a change of broker
costs a mobile network 10 KB and a second."""
EXPIRE_EVERY_S = 60.0
"""How often old reports are looked for: their age is counted in days."""

_log = logs.get(__name__)


@dataclass
class Tracker:
    """All that one tracker knows."""

    device: str
    boot: str
    version: str
    intervals: Intervals
    max_reports: int
    max_age_s: float
    clock: TrackerClock
    link: LinkPort
    disk: DiskPort
    randomness: Callable[[int], bytes]
    jitter: Callable[[], float]
    feedback: FeedbackPort | None = None
    text_program: TextPort | None = None
    message_program: TextPort | None = None

    def __post_init__(self) -> None:
        """Begin with nothing known."""
        self.gauge = Gauge()
        self.pace = Pace(self.intervals)
        self.panics = Panics(self.jitter, self.pace)
        self.backlog = Backlog(self.max_reports)
        self.status = StatusBoard(self.boot, self.version)
        self.correspondence = Correspondence(self.disk, self.message_program, self.randomness)
        self.sender = Sender(self.panics, self.backlog, self.status, self.correspondence.letters)
        self.track = Track(self.boot, self.pace)
        self.commands = CommandBook()
        self.signals = Signals()
        self.fallback = Fallback(self.device, self.text_program)
        self.keeping = Keeping(
            self.disk,
            panics=self.panics,
            backlog=self.backlog,
            track=self.track,
            status=self.status,
            correspondence=self.correspondence,
        )
        self.broker: str | None = None
        self.stuck: set[str] = set()
        self.lost: set[str] = set()
        """Buttons that cannot be opened. The contract has no fault for it, `agent status` has."""
        self._outbox_reset = False
        self._port_open = True
        self._refusals: dict[str, str | None] = {}
        self._hurry_at = self._expire_at = self._return_at = -math.inf

    def restore(self, kept: Kept) -> None:
        """Take over what an earlier run left in the outbox."""
        self.keeping.restore(kept, self.clock.now())

    def handle(self, event: Event) -> None:
        """Take one event."""
        match event:
            case Heard():
                self._hear(event)
            case Pressed():
                self.press(event.kind, silent=event.silent, at=event.at, source=event.source)
            case PressSaved():
                self.panics.saved(event.panic_id, event.update)
                self.keeping.trust(trusted=True)
            case Incoming():
                self._take(event)
            case Puback():
                self._puback(event)
            case Up() | LinkDown():
                self._connection(event)
            case Asked():
                event.answer.put(answer(self, event.question))
            case _:
                self._note(event)

    def step(self) -> float:
        """Do what is due; returns for how many seconds nothing will be."""
        moment = self.clock.moment()
        now = moment.now
        if self.panics.disk_late(now):
            self.keeping.trust(trusted=False)
        self.keeping.dropped(self.backlog.wake(now), "hopeless")
        self._expire(now)
        self._give_up_connection(now)
        self._hurry_connection(now)
        self._return_to_first(now)
        self.pace.journey = self.correspondence.journeys.running is not None
        self.status.interval_s = self.track.interval_s(now)
        self.status.state = "sleeping" if self._asleep() else "online"
        self.status.faults = self._faults()
        if self.feedback is not None:
            self.feedback.show(self.signals.choose(self.panics.all(), now))
        self.fallback.step(self.panics, moment)
        self.correspondence.show(hushed=self.panics.hushed())
        while (out := self.sender.next(self.clock.moment())) is not None:
            if not self._publish(out):
                break
        now = self.clock.now()
        deadline = self.sender.deadline(now)
        return ROUND_S if deadline is None else max(0.0, min(ROUND_S, deadline - now))

    def press(self, kind: PanicKind, *, silent: bool, at: float, source: str) -> Press:
        """Raise a panic: to the disk, and from there (or without it, after 1 s) to the link."""
        report = self.track.press()
        if report is not None:
            self.keeping.report(report)
        moment = self.clock.moment()
        press = self.panics.press(
            kind,
            silent=silent,
            pressed=at,
            moment=moment,
            location=self.track.place,
            fresh=self.track.fresh(moment.now),
            randomness=self.randomness(10),
        )
        self.keeping.press(press)
        self._hurry_at = moment.now
        self.keeping.forget_presses(self.panics.forget_ended())
        _log.warning("pressed", panic_id=press.row.panic_id, kind=kind, source=source)
        return press

    def cancel(self, code: str) -> Press | None:
        """Pass on what the holder typed to cancel; returns the press, None if none is open."""
        press = self.panics.cancel(code, self.clock.moment())
        if press is not None:
            self.keeping.press(press)
            _log.info("cancel_typed", panic_id=press.row.panic_id)
        return press

    def note(self, text: str) -> Press | None:
        """Pass on the holder's words about the open press; returns it, None if none is open."""
        press = self.panics.note(text, self.clock.now())
        if press is not None:
            self.keeping.press(press)
        return press

    def will(self, connection: int) -> Status:
        """Return what the broker is to say when this connection breaks; any thread may ask."""
        return self.status.lost(connection, self.clock.moment().wall_ms)

    def say_offline(self) -> None:
        """Say that the agent ends in order."""
        status = self.status.message("offline", self.clock.moment().wall_ms)
        try:
            self.link.publish(STATUS.of(self.device), codec.encode(status), retain=STATUS.retained)
        except (NotConnectedError, TooManyInFlightError):
            _log.info("offline_unsaid")

    # --- Events -----------------------------------------------------------------------------------

    def _hear(self, event: Heard) -> None:
        fix = event.epoch.fix
        if event.epoch.state != self.status.gps:
            _log.info("gps", state=event.epoch.state)
            self.status.gps = event.epoch.state
        if fix is None or fix.time is None:
            return
        if fix.clock == "gps":
            self.clock.hear_gps(fix.time, event.at)
        now = self.clock.now()
        report = self.track.fix(fix, now, panic=self.panics.wants_place(now))
        if report is not None:
            self.keeping.report(report)
            for press in self.panics.place(report, now):
                self.keeping.press(press)

    def _take(self, message: Incoming) -> None:
        """Read a message; what cannot be read is logged and acknowledged, as it stays so."""
        try:
            _, topic = parse_tracker_topic(message.topic)
            if topic is RECEIPT:
                self._receipt(codec.decode(Receipt, message.payload))
            elif topic is STORED:
                self.keeping.forget(self.sender.stored(codec.decode(Stored, message.payload)))
            elif topic is COMMAND:
                self._command(codec.decode(Command, message.payload))
        except DecodeError as error:
            _log.warning("unreadable_message", topic=message.topic, reason=str(error))
        self.link.acknowledge(message)

    def _receipt(self, receipt: Receipt) -> None:
        self.correspondence.receipt(receipt, self.clock.now())
        typed = {press.row.panic_id for press in self.panics.all() if press.row.codes}
        for press in self.panics.receipt(receipt, self.clock.now()):
            row = press.row
            _log.info("receipt", panic_id=row.panic_id, stage=row.stage, update=receipt.update)
            self.keeping.press(press, scrub=row.panic_id in typed and not row.codes)

    def _command(self, command: Command) -> None:
        verdict = self.commands.judge(command, self.clock.moment(), clock_lies=self.clock.lies())
        _log.info("command", id=command.command_id, action=command.action, verdict=verdict)
        if verdict == "carry_out":
            self._carry_out(command)
            self.status.carried_out(self.commands.carried_out(command.command_id))
        elif verdict == "seen":
            self.status.carried_out(self.status.commands)

    def _carry_out(self, command: Command) -> None:
        if command.action == "report":
            self.track.request()
        elif command.action == "interval" and command.interval_s is not None:
            now = self.clock.now()
            until = None if command.for_s is None else now + command.for_s
            self.pace.order(command.interval_s, until=until)
        elif command.action == "message":
            self.correspondence.take(command)

    def _puback(self, event: Puback) -> None:
        now = self.clock.now()
        out = self.sender.puback(event.packet, event.connection, event.failure, now)
        if out is not None and self._refusals.get(out.topic.name) != event.failure:
            self._refusals[out.topic.name] = event.failure
            _log.warning("broker_answers", topic=out.topic.name, failure=event.failure)

    def _connection(self, event: Up | LinkDown) -> None:
        now = self.clock.now()
        if isinstance(event, Up):
            self.broker = event.broker
            self.sender.up(event.connection, now)
        elif event.connection == self.sender.connection:
            self.sender.down(now)

    def _note(self, event: PortState | Stuck | DiskState | OutboxReset | Event) -> None:
        match event:
            case BatteryRead():
                self._battery(event)
            case CodeTyped():
                self.cancel(event.code)
            case TextGiven():
                self.fallback.given(event, self.clock.now())
            case PortState():
                self._port_open = event.open
            case Stuck():
                (self.stuck.add if event.stuck else self.stuck.discard)(event.source)
            case ButtonLost():
                (self.lost.add if event.lost else self.lost.discard)(event.source)
            case DiskState():
                self.keeping.trust(trusted=event.ok)
            case OutboxReset():
                self._outbox_reset = True
                self.keeping.everything()

    def _battery(self, event: BatteryRead) -> None:
        """Take a reading; the last word on an empty battery is where the holder is."""
        before = self.gauge.level
        self.gauge.read(Charge(event.percent, event.charging))
        self.pace.battery = self.gauge.level
        self.track.battery = self.status.battery = event.percent
        self.status.charging = event.charging
        if self.gauge.level != before:
            _log.info("battery_level", level=self.gauge.level, percent=event.percent)
        if self.gauge.level == "empty" and before != "empty":
            self.track.request("low_battery")

    def _asleep(self) -> bool:
        """Say whether routine reports have ended; a press that is followed goes on."""
        return self.gauge.level == "empty" and not self.panics.following()

    # --- Actions ----------------------------------------------------------------------------------

    def _publish(self, out: Outgoing) -> bool:
        """Hand a message to the link; False when it takes no more now."""
        now = self.clock.now()
        topic = out.topic.of(self.device)
        try:
            packet = self.link.publish(topic, out.payload, retain=out.retained)
        except NotConnectedError:
            self.sender.down(now)
            return False
        except TooManyInFlightError:
            self.sender.block()
            return False
        except TooLargeError:
            _log.error("too_large_for_broker", topic=out.topic.name, bytes=len(out.payload))
            self.sender.too_large(out, now)
            return True
        press = out.press
        if press is not None and press.sent_update < 0 and press.pressed is not None:
            took_ms = round((now - press.pressed) * 1000)
            _log.info("press_sent", panic_id=press.row.panic_id, after_ms=took_ms)
        self.sender.sent(out, packet, now)
        return True

    def _return_to_first(self, now: float) -> None:
        """Look for the first broker while there is nothing to lose by it: no press is open."""
        if self.sender.connection is None or self.link.on_first or self.panics.following():
            self._return_at = now + RETURN_AFTER_S
        elif now >= self._return_at:
            self._return_at = now + RETURN_AFTER_S
            self.link.return_to_first()

    def _expire(self, now: float) -> None:
        """Look once a minute for reports that no store would take; a wrong clock drops nothing."""
        if now >= self._expire_at and not self.clock.lies():
            self._expire_at = now + EXPIRE_EVERY_S
            earliest_ms = self.clock.moment().wall_ms - round(self.max_age_s * 1000)
            self.keeping.dropped(self.backlog.expire(earliest_ms), "too_old")

    def _give_up_connection(self, now: float) -> None:
        reason = self.panics.overdue(now)
        if reason is not None and self.sender.connection is not None:
            _log.warning("connection_given_up", reason=reason, broker=self.broker)
            self.sender.down(now)
            self.link.drop(reason)

    def _hurry_connection(self, now: float) -> None:
        """A press that nobody has is tried as often as it would be sent: pauses are for routine."""
        if self.sender.connection is None and now >= self._hurry_at and self.panics.due(now):
            self._hurry_at = now + PANIC_RESEND_MAX_S
            self.link.hurry()

    def _faults(self) -> frozenset[Fault]:
        found: dict[Fault, bool] = {
            "disk_full": not self.keeping.disk_ok,
            "outbox_reset": self._outbox_reset,
            "button_stuck": bool(self.stuck),
            "gps_port": not self._port_open,
            "clock": self.clock.lies(),
        }
        return frozenset(fault for fault, present in found.items() if present)
