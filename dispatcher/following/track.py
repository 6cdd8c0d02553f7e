"""Keeping what followed trackers report, within one transaction."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from contract.messages import Location
from contract.salvage import Place
from dispatcher.incident import fixes
from dispatcher.store import deliveries, incidents, last_places, positions
from dispatcher.store.incidents import Followed
from dispatcher.store.last_places import LastPlace

if TYPE_CHECKING:
    from dispatcher.routing import Routing
    from dispatcher.store.engine import Connection

EARLIER_POINTS: Final = 30
"""Of the way to the press: a point each half minute shows which street it was."""


class Report(Struct, frozen=True):
    """A position as a tracker reported it."""

    device: str
    location: Location
    arrived_at: int

    @property
    def place(self) -> Place:
        """Return what the incident keeps of it."""
        names = Place.__struct_fields__
        return Place(**{name: getattr(self.location, name) for name in names})

    @property
    def name(self) -> str:
        """Return the tracker's own number of it."""
        return f"{self.location.boot}.{self.location.seq}"


class Kept(Struct, frozen=True):
    """A report that an incident has kept; `best`: it is where the tracker is now."""

    incident: Followed
    place: Place
    arrived_at: int
    best: bool


def keep(
    connection: "Connection", reports: Sequence[Report], routing: "Routing", now: int
) -> list[Kept]:
    """Keep and release reports for the open incidents of their trackers; known ones are left out.

    The rows of the incidents stay unlocked: what ends meanwhile releases nothing.
    """
    followed: dict[str, list[Followed]] = {}
    for incident in incidents.followed(connection, {each.device for each in reports}):
        followed.setdefault(incident.device, []).append(incident)
    known = last_places.find_all(
        connection, {incident.id for each in followed.values() for incident in each}
    )
    kept = []
    for report in reports:
        for incident in followed.get(report.device, []):
            number = _add(connection, incident, report)
            if number is not None:
                best = _save_best(connection, incident.id, report, known)
                kept.append(Kept(incident, report.place, report.arrived_at, best))
                _release(connection, incident, number, routing, now)
    return kept


def keep_earlier(
    connection: "Connection",
    incident: str,
    reports: Sequence[Report],
    routing: "Routing",
    now: int,
) -> Kept | None:
    """Keep the way to an open incident, thinned; release its end alone, and return it.

    A thousand presses at once would otherwise fill the queue to Grafana for minutes.
    """
    if not reports:
        return None
    device = reports[-1].device
    found = next((e for e in incidents.followed(connection, {device}) if e.id == incident), None)
    if found is None:
        return None
    for report in thinned(reports[:-1], EARLIER_POINTS):
        _add(connection, found, report)
    last = reports[-1]
    number = _add(connection, found, last)
    if number is None:
        return None
    known = last_places.find_all(connection, {incident})
    best = _save_best(connection, incident, last, known)
    _release(connection, found, number, routing, now)
    return Kept(found, last.place, last.arrived_at, best)


def thinned(reports: Sequence[Report], most: int) -> list[Report]:
    """Return at most so many of them, evenly, the last among them."""
    step = max(1, -(-len(reports) // most))
    return list(reports[::-1][::step][::-1])


def _add(connection: "Connection", incident: Followed, report: Report) -> int | None:
    return positions.add_report(
        connection, incident.id, report.device, report.name,
        place=report.place, arrived_at=report.arrived_at,
    )  # fmt: skip


def _save_best(
    connection: "Connection", incident: str, report: Report, known: dict[str, LastPlace]
) -> bool:
    """Keep the report as the incident's last place if its fix is newer; say whether it is."""
    before = known.get(incident)
    rank = fixes.rank(report.place, report.arrived_at)
    if before is not None and rank < fixes.rank(before.place, before.arrived_at):
        return False
    last = LastPlace(incident=incident, place=report.place, arrived_at=report.arrived_at)
    known[incident] = last
    last_places.save(connection, last)
    return True


def _release(
    connection: "Connection", incident: Followed, number: int, routing: "Routing", now: int
) -> None:
    channels = routing.channels(incident.class_, "position")
    deliveries.add(
        connection, channels, incident=incident.id, number=incident.alerts,
        reason="position", now=now, due_at=now, position=number,
    )  # fmt: skip
