"""The desk: every change of an incident, one transaction each."""

from collections import deque
from collections.abc import Callable
from typing import Final

from contract.limits import MAX_TEXT_CHARS
from contract.messages import Disposition, IncidentState, Receipt
from contract.plain_text import plain
from contract.salvage import Place, read_panic
from dispatcher import views
from dispatcher.alarms import StoreAlarm
from dispatcher.announcements import Announcements
from dispatcher.answers import (
    EVERYTHING,
    CallOpening,
    Changes,
    DeskEvent,
    IncidentDetail,
    IncidentFilter,
    IncidentPage,
    Moved,
)
from dispatcher.errors import (
    IncidentBusyError,
    StoreUnavailableError,
    UnknownIncidentError,
)
from dispatcher.escalation.attendance import Attendance
from dispatcher.escalation.auditor import Auditor
from dispatcher.escalation.from_memory import Unanswered
from dispatcher.following.places import Places
from dispatcher.following.whereabouts import (
    SEALED,
    Whereabouts,
    circle_of,
    place_of,
    whereabouts,
)
from dispatcher.incident.states import OperatorEvent, Person
from dispatcher.measuring import Measuring
from dispatcher.metrics import Metrics
from dispatcher.panic import Panic
from dispatcher.precedence import Precedence
from dispatcher.records import IncidentRecord, PressRecord, TimerRecord
from dispatcher.routing import Routing
from dispatcher.store import (
    events,
    health,
    history,
    incidents,
    last_places,
    links,
    positions,
    presses,
    timers,
    trackers,
)
from dispatcher.store.engine import Connection, Database
from dispatcher.transactions.act import Act, act
from dispatcher.transactions.change import Change, receipt
from dispatcher.transactions.commit import Transactions
from dispatcher.transactions.fire_timer import fire
from dispatcher.transactions.open_from_call import open_from_call
from dispatcher.transactions.relocate import relocate
from dispatcher.transactions.settle_code import Compared, settle
from dispatcher.transactions.take_panic import take
from runtime import logs
from runtime.clock import Clock

_log = logs.get(__name__)

TIMERS_AT_ONCE: Final = 100
REMEMBERED: Final = 1000
"""Unacknowledged incidents that escalate from memory while the database is down."""
TRACK_POINTS: Final = 500
"""Of an incident's way: eight minutes at one a second, forty at the steady pace."""
RECEIPTS_EACH: Final = 20
"""A tracker that comes back is told of so many presses; about older ones it asks."""
BROKEN_TIMER_MS: Final = 1000
"""Pause before a timer that broke, or whose incident was held, is tried again."""


class Desk:
    """Thread-safe; every method may raise StoreUnavailableError (try again)."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        routing: Routing,
        *,
        announcements: Announcements | None = None,
        metrics: Metrics | None = None,
        source: str = "/guardian/dispatcher",
    ) -> None:
        """Take a database that has been migrated (`dispatcher.store.migrate.upgrade`)."""
        self._database = database
        self._clock = clock
        self._routing = routing
        self.announcements = announcements or Announcements()
        self.metrics = metrics or Metrics()
        self._measuring = Measuring(self.metrics, clock)
        self.opened = self._measuring.opened
        self.alarm = StoreAlarm(self.announcements, clock, self.metrics, source)
        self.precedence = Precedence()
        self.places = Places()
        self.attendance = Attendance(clock, source)
        self.unanswered = Unanswered()
        self._furthest = {**timers.FURTHEST_MS, **routing.ladder.furthest}
        self._transactions = Transactions(database, self.alarm, self.metrics)
        self.auditor = Auditor(self, database, self._transactions, routing, clock)
        self.on_receipts: Callable[[list[tuple[str, Receipt]]], None] = lambda _receipts: None
        """Called after a commit with what trackers are to be told beside the direct answers."""
        self.on_commit: Callable[[], None] = lambda: None
        """Called after a commit: there may be something to deliver, or a nearer timer."""

    def take_panic(self, device: str, payload: bytes, arrived_at: int) -> Receipt:
        """Commit what a panic means and return what the tracker is told."""
        return self.take(Panic(device, payload, read_panic(payload), arrived_at))

    def take(
        self, panic: Panic, tell: Callable[[Receipt], None] = lambda _receipt: None
    ) -> Receipt:
        """Commit what a panic means that has been read already; `tell`, and only then wake others.

        The channels' dozen transactions want this process too, and the tracker waits.
        """
        # The time is asked for when the database is ours: it is that of the commit.
        taken = self._transactions.write(
            lambda connection: take(connection, panic, self._routing, self._clock.now_ms())
        )
        committed = self._clock.monotonic()
        try:
            tell(taken.receipt)
        finally:
            self._after(taken.change)
            self._measuring.taken(panic, taken, committed)
        return taken.receipt

    def open_from_call(self, call: CallOpening, actor: str) -> IncidentDetail:
        """Open an incident from a call, or join the tracker's open one; it alerts too.

        Raises:
            InvalidIdError: the device id does not have its form.
        """
        now = self._clock.now_ms()
        change = self._transactions.write(
            lambda connection: open_from_call(connection, call, actor, self._routing, now)
        )
        self._after(change)
        return self.incident(change.incident.id)

    def act(
        self,
        incident: str,
        event: OperatorEvent,
        actor: str,
        *,
        note: str | None = None,
        disposition: Disposition | None = None,
        role: Person = "operator",
        target: str | None = None,
        instead_of: str | None = None,
    ) -> IncidentDetail:
        """Do what an operator asks; see `Act`. The answer is the incident that goes on.

        Raises:
            RefusedError: the state does not permit it; `reason`, `actor` and `at` say why.
            UnknownIncidentError: there is no such incident.
        """
        now = self._clock.now_ms()
        words = None if note is None else plain(note, MAX_TEXT_CHARS) or None
        wanted = Act(
            event, actor, words, disposition, role=role, target=target, instead_of=instead_of
        )
        change = self._transactions.write(
            lambda connection: act(connection, incident, wanted, self._routing, now)
        )
        self._after(change)
        detail = self.incident(change.incident.id)
        if event == "acknowledge":
            self._measuring.acknowledged(change, detail.history)
        return detail

    def settle_code(self, compared: Compared) -> None:
        """Mark what a typed code was; duress calls for help. Its tracker is not told."""
        done = self._transactions.write(
            lambda connection: settle(connection, compared, self._routing, self._clock.now_ms())
        )
        if done is not None:
            outcome, change = done
            self.metrics.codes.labels(outcome).inc()
            self._after(change)

    def incident(self, incident: str) -> IncidentDetail:
        """Return an incident in full; with its position only while it is open.

        Raises:
            UnknownIncidentError: there is no such incident.
        """
        with self._database.reading() as connection:
            record = incidents.find(connection, incident)
            if record is None:
                raise UnknownIncidentError(f"there is no incident {incident[:80]!r}")
            tracker = None
            if record.device is not None:
                tracker = trackers.find(connection, record.device)
            return views.detail(
                record,
                presses.of(connection, incident),
                history.of(connection, incident),
                tracker,
                where=self._where(connection, record),
                merged=incidents.merged_into(connection, incident),
                linked=links.of(connection, incident),
            )

    def incidents(
        self,
        state: IncidentState | None,
        cursor: str | None,
        limit: int,
        only: IncidentFilter = EVERYTHING,
    ) -> IncidentPage:
        """Return a page, newest first; all states without `state`.

        Raises:
            UnknownCursorError: the cursor is none of ours.
        """
        before = None if cursor is None else views.read_cursor(cursor)
        with self._database.reading() as connection:
            found = incidents.page(connection, state, before, limit + 1, only)
        items = [views.summary(record) for record in found[:limit]]
        return IncidentPage(
            items=items, next=views.cursor_of(found[limit - 1]) if len(found) > limit else None
        )

    def board(self) -> list[IncidentDetail]:
        """Return all that a console must show: the open ones and those that nobody has seen."""
        with self._database.reading() as connection:
            shown = incidents.board(connection)
            pressed = presses.of_board(connection)
            lines = history.of_board(connection)
            seen = trackers.of_board(connection)
            last = last_places.of_board(connection)
            merged = incidents.merged_of_board(connection)
            linked = links.of_board(connection)
        now, known = self._clock.now_ms(), self._routing.jurisdictions
        return [
            views.detail(
                each,
                pressed[each.id],
                lines[each.id],
                seen.get(each.device or ""),
                where=whereabouts(pressed[each.id], last.get(each.id), known, now)
                if each.open
                else SEALED,
                merged=merged[each.id],
                linked=linked[each.id],
            )
            for each in shown
        ]

    def moved(self, incident: str, place: Place, arrived_at: int) -> None:
        """Tell consoles where an open incident's tracker is now."""
        circle = circle_of(place, arrived_at, self._clock.now_ms())
        self.places.moved(
            Moved(incident=incident, place=place_of(place, arrived_at), circle=circle)
        )

    def relocate(self, incident: str) -> None:
        """Give an open incident to the jurisdiction in which its tracker is now."""
        now = self._clock.now_ms()
        self._after(
            self._transactions.write(
                lambda connection: relocate(connection, incident, self._routing, now)
            )
        )

    def events_after(self, event_id: int, limit: int) -> list[DeskEvent]:
        """Return events with greater ids, oldest first; each with its incident as it is now."""
        with self._database.reading() as connection:
            found = events.after(connection, event_id, limit)
            known = incidents.find_all(connection, {event.incident for event in found})
        return [views.event(each, known[each.incident]) for each in found]

    def changes(self, cursor: str | None, limit: int) -> Changes:
        """Return what happened after a cursor, oldest first; without one what is known, a day back.

        Raises:
            UnknownCursorError: the cursor is none of ours.
        """
        seen = (0, 0) if cursor is None else views.read_change_cursor(cursor)
        with self._database.reading() as connection:
            found = events.settled_after(connection, seen, limit + 1)
            known = incidents.find_all(connection, {event.incident for event in found})
        page = found[:limit]
        last = (page[-1].txid or 0, page[-1].id) if page else seen
        return Changes(
            items=[views.event(each, known[each.incident]) for each in page],
            next=f"{last[0]}.{last[1]}",
            more=len(found) > limit,
        )

    def last_event(self) -> int:
        """Return the id of the newest event, 0 when there is none."""
        with self._database.reading() as connection:
            return events.last(connection)

    def memory_events_after(self, sequence: int) -> tuple[int, list[DeskEvent]]:
        """Return the newest sequence, and the alerts and alarms given from memory after `sequence`.

        They never touch the database, so they reach consoles while it is down. Begin with 0.
        """
        return self.announcements.memory_after(sequence)

    def wait_for_events(self, after: int, timeout_s: float, *, memory_after: int = 0) -> bool:
        """Wait until either list may have more; True at once when it has, False on a time-out."""
        return self.announcements.wait(after, timeout_s, memory_after)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener`, from any thread, when there are new events; returns what ends it."""
        return self.announcements.listen(listener)

    def open_receipts(self, closed_since: int) -> list[tuple[str, Receipt]]:
        """Return the present receipts of all open incidents, and of those closed since then."""
        with self._database.reading() as connection:
            found = presses.of_open_incidents(connection, closed_since)
        return self._receipts(found)

    def receipts_of(self, devices: set[str], closed_since: int) -> list[tuple[str, Receipt]]:
        """Return what `open_receipts` does of these trackers, of each the newest twenty presses."""
        with self._database.reading() as connection:
            found = presses.of_open_incidents(connection, closed_since, devices)
        newest = {device: deque[PressRecord](maxlen=RECEIPTS_EACH) for device in devices}
        for each in found:
            if each.device is not None:
                newest[each.device].append(each)
        return self._receipts([each for kept in newest.values() for each in kept])

    def reopened_receipts(self) -> list[tuple[str, Receipt]]:
        """Return the receipts that are repeated until the tracker sends an update."""
        with self._database.reading() as connection:
            found = presses.reopened(connection)
        return self._receipts(found)

    def probe(self) -> None:
        """Try whether the database commits.

        Raises:
            StoreUnavailableError: it does not.
        """
        self._transactions.write(health.write_something)

    def refresh_metrics(self) -> None:
        """Learn what is open by other dispatchers' doing."""
        self.opened.reading()
        with self._database.reading() as connection:
            found = incidents.outlines_of_open(connection)
            waiting = incidents.unanswered(connection, REMEMBERED)
        self.opened.read(found)
        self.unanswered.read(waiting)

    def forget_events(self, before: int) -> None:
        """Delete events that no console will resume from any more."""
        self._transactions.write(lambda connection: events.prune(connection, before))

    def fire_due(self) -> int | None:
        """Fire every timer that is due; return when to come again.

        While no person's console is connected, the ladder's next step is due at once.
        """
        now = self._clock.now_ms()
        alone = not self.attendance.attended()
        hasten = self._routing.ladder.last if alone else -1
        with self._database.reading() as connection:
            due = timers.due(connection, now, TIMERS_AT_ONCE, self._furthest, hasten=hasten)
        broken = [timer for timer in due if not self._fire(timer, now, alone=alone)]
        if broken:
            return now + BROKEN_TIMER_MS
        with self._database.reading() as connection:
            return timers.next_due(connection, self._furthest)

    def tell_attendance(self) -> None:
        """Tell other dispatchers whether consoles are connected here, and learn of theirs."""
        self.attendance.exchange(self._database)

    def _fire(self, timer: TimerRecord, now: int, *, alone: bool = False) -> bool:
        """Fire a timer; False when that broke, which must not hold up the others."""
        try:
            change = self._transactions.write(
                lambda connection: fire(connection, timer, self._routing, now, alone=alone)
            )
        except StoreUnavailableError:
            raise
        except IncidentBusyError:
            return False
        except Exception:  # noqa: BLE001 - whatever is wrong with one incident
            _log.exception("timer_broken", incident=timer.incident, timer=timer.kind)
            self.metrics.loop_errors.labels("timers").inc()
            return False
        if change is not None:
            self.metrics.timers.labels(timer.kind).inc()
            self._after(change)
            if change.incident.review_at == now:
                _log.error("timer_too_late", incident=timer.incident, due_at=timer.due_at)
                self.alarm.say("timers", "a reminder came over an hour late: review the board")
        return True

    def _receipts(self, found: list[PressRecord]) -> list[tuple[str, Receipt]]:
        now = self._clock.now_ms()
        return [(each.device, receipt(each, now)) for each in found if each.device is not None]

    def _where(self, connection: Connection, record: IncidentRecord) -> Whereabouts:
        if not record.open:
            return SEALED
        return whereabouts(
            presses.of(connection, record.id),
            last_places.find(connection, record.id),
            self._routing.jurisdictions,
            self._clock.now_ms(),
            positions=positions.newest_of(connection, record.id, TRACK_POINTS),
        )

    def _after(self, change: Change | None) -> None:
        """Wake those who carry on with what was committed."""
        if change is None or not change.last_event:
            return
        if not change.incident.open:
            self.places.forget(change.incident.id)
        for each in (change, *change.also):
            self.opened.note(each.incident)
            self.unanswered.note(each.incident)
            if each.receipts:
                self.on_receipts(each.receipts)
        self.on_commit()
        self.announcements.committed(change.last_event)
