"""The loop that follows: who is open, what trackers are told, and what they report."""

from collections.abc import Callable, Collection, Sequence
from threading import Event, Lock
from typing import TYPE_CHECKING, Final, TypeVar

from contract.codec import decode
from contract.errors import DecodeError, TransientError
from contract.messages import Location
from dispatcher.following import commanding, orders
from dispatcher.following.track import Kept, Report, keep, keep_earlier
from dispatcher.store import commands, incidents, last_places
from runtime import logs

if TYPE_CHECKING:
    from dispatcher.desk import Desk
    from dispatcher.following.newest import Heard, Newest
    from dispatcher.routing import Routing
    from dispatcher.store.commands import CommandRecord
    from dispatcher.store.engine import Connection, Database
    from dispatcher.store.incidents import Followed
    from runtime.clock import Clock
    from runtime.lifecycle import Stopping

TURN_S: Final = 0.2
"""Shortest time between two turns: so many transactions a second at most."""
LOOK_S: Final = 1.0
"""How often it is looked who is open, beside after each commit of ours."""
KEEP_S: Final = 0.5
AT_ONCE: Final = 50
"""Positions in one transaction, which holds a press up by 20 ms: with KEEP_S a hundred a second in
all. With more open incidents each is shown more rarely; the telemetry store has every report."""
ORDERS_AT_ONCE: Final = 25
MOVE_MS: Final = 60_000
"""An incident changes its jurisdiction by its place at most so often: a road may be the border."""
PRUNE_S: Final = 3600.0

T = TypeVar("T")

_log = logs.get(__name__)


class Follower:
    """Used by one thread; `wake`, `hurry` and `keep_way` may be called on any."""

    def __init__(
        self,
        desk: "Desk",
        database: "Database",
        newest: "Newest",
        routing: "Routing",
        clock: "Clock",
    ) -> None:
        self._desk = desk
        self._database = database
        self._newest = newest
        self._routing = routing
        self._clock = clock
        self._metrics = desk.metrics
        self.send: Callable[[Sequence[CommandRecord]], None] = lambda _commands: None
        """Publishes commands; what does not go out is sent when it is due again."""
        self.begun: Callable[[Followed], None] = lambda _incident: None
        """Called once with each incident that is new here and has no place but its presses'."""
        self._known: set[str] = set()
        self._moved_at: dict[str, int] = {}
        self._hurried: set[str] | None = set()
        self._lock = Lock()
        self._changed = Event()
        self._looked_at = self._kept_at = self._pruned_at = float("-inf")

    def wake(self) -> None:
        """Say that an incident has changed."""
        self._changed.set()

    def hurry(self, devices: Collection[str] | None = None) -> None:
        """Say that trackers may have missed what they were told: these, or (None) all."""
        with self._lock:
            if devices is None or self._hurried is None:
                self._hurried = None
            else:
                self._hurried |= set(devices)
        self._changed.set()

    def run(self, stopping: "Stopping") -> None:
        """Follow until `stopping`; the target of a Loop."""
        while not stopping.is_set():
            try:
                self.turn()
            except TransientError as error:
                _log.debug("follower_waits", error=str(error))
                stopping.wait(LOOK_S)
            except Exception:  # noqa: BLE001 - the top of the loop
                _log.exception("follower_loop_failed")
                self._metrics.loop_errors.labels("follow").inc()
                stopping.wait(LOOK_S)
            stopping.wait(TURN_S)

    def turn(self) -> None:
        """Do once what the loop does.

        Raises:
            TransientError: the database was busy or down; nothing is lost by it.
        """
        if self._desk.alarm.is_down:
            return
        self._desk.precedence.give_way()
        now = self._clock.monotonic()
        if self._changed.is_set() or now - self._looked_at >= LOOK_S:
            self._changed.clear()
            self._looked_at = now
            self._look()
        if self._newest.arrived.is_set() and now - self._kept_at >= KEEP_S:
            self._kept_at = now
            self._keep()
        if now - self._pruned_at >= PRUNE_S:
            self._pruned_at = now
            self._write(
                lambda connection: commands.prune(
                    connection, self._clock.now_ms() - commanding.KEPT_MS
                )
            )

    def keep_way(self, incident: str, reports: Sequence[Report]) -> None:
        """Keep the way to an incident, as the telemetry store has it."""
        self._desk.precedence.give_way()
        now = self._clock.now_ms()
        with self._database.writing() as connection:
            end = keep_earlier(connection, incident, reports, self._routing, now)
        if end is not None:
            self._tell([end])

    # --- Who is followed, and what they are told -----------------------------------------------

    def _look(self) -> None:
        now = self._clock.now_ms()
        with self._database.reading() as connection:
            open_now = incidents.followed(connection)
            known = commands.newest_intervals(connection, now - orders.IN_FORCE_MS)
            repeated = commands.repeated(connection)
            new = {each.id for each in open_now} - self._known
            placed = last_places.find_all(connection, new) if new else {}
        devices = {each.device for each in open_now}
        self._newest.follow(devices)
        self._desk.places.keep_only({each.id for each in open_now})
        self._begin(open_now, placed.keys())
        due = sorted(
            device
            for device in devices | known.keys()
            if orders.is_due(known.get(device), now, followed=device in devices)
        )
        if due:
            self._order(due, now)
        if due or repeated:
            self._repeat(now)

    def _begin(self, open_now: "Sequence[Followed]", placed: Collection[str]) -> None:
        for each in open_now:
            if each.id not in self._known and each.id not in placed:
                self.begun(each)
        self._known = {each.id for each in open_now}
        self._moved_at = {each: at for each, at in self._moved_at.items() if each in self._known}

    def _order(self, due: Sequence[str], now: int) -> None:
        """Give orders; when there are too many for one transaction, the rest at the next turn."""

        def give(connection: "Connection") -> list[tuple[str, str]]:
            return [
                (device, why)
                for device in due[:ORDERS_AT_ONCE]
                for why in commanding.order(connection, device, now)
            ]

        for device, why in self._write(give):
            self._metrics.commands.labels(why).inc()
            _log.info("tracker_ordered", device=device, why=why)
        if len(due) > ORDERS_AT_ONCE:
            self._changed.set()

    def _repeat(self, now: int) -> None:
        """Send what is due, and drop what has been carried out."""
        with self._lock:
            hurried, self._hurried = self._hurried, set()

        def settle(connection: "Connection") -> "Sequence[CommandRecord]":
            confirmed = commanding.confirm(connection, now)
            self._metrics.commands_confirmed.inc(confirmed)
            if hurried is None or hurried:
                commands.hurry(connection, hurried, now)
            return commanding.claim(connection, now)

        claimed = self._write(settle)
        if claimed:
            self.send(claimed)

    def _write(self, work: "Callable[[Connection], T]") -> T:
        with self._database.writing() as connection:
            return work(connection)

    # --- What they report ----------------------------------------------------------------------

    def _keep(self) -> None:
        heard = self._newest.take(AT_ONCE)
        reports = [report for each in heard if (report := _read(each)) is not None]
        self._metrics.followed.labels("unreadable").inc(len(heard) - len(reports))
        if not reports:
            return
        now = self._clock.now_ms()
        try:
            kept = self._write(lambda connection: keep(connection, reports, self._routing, now))
        except TransientError:
            self._newest.put_back(heard)
            raise
        self._metrics.followed.labels("kept").inc(len(kept))
        self._tell(kept)

    def _tell(self, kept: Sequence[Kept]) -> None:
        """Tell consoles where an incident is now, and bring it to the station of that place."""
        for each in kept:
            if not each.best:
                continue
            self._desk.moved(each.incident.id, each.place, each.arrived_at)
            if self._is_elsewhere(each):
                self._moved_at[each.incident.id] = self._clock.now_ms()
                self._desk.relocate(each.incident.id)

    def _is_elsewhere(self, kept: Kept) -> bool:
        incident = kept.incident
        found = self._routing.jurisdictions.at(kept.place.lat, kept.place.lon)
        if found is None or incident.transferred_at is not None:
            return False
        moved_at = self._moved_at.get(incident.id)
        rests = moved_at is not None and 0 <= self._clock.now_ms() - moved_at < MOVE_MS
        return found.id != incident.jurisdiction and not rests


def _read(heard: "Heard") -> Report | None:
    try:
        return Report(heard.device, decode(Location, heard.payload), heard.arrived_at)
    except DecodeError:
        return None
