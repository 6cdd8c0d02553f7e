"""What the police's dashboard asks InfluxDB, in InfluxQL. Fields: docs/data-model.md.

Every question about incidents is asked of production alone: tests and canaries reach no panel.
`${__to}` is the end of the dashboard's range in ms, which is the moment of the refresh while the
range ends now; Grafana puts it in before the query is sent.
"""

from typing import Final

from contract.messages import Disposition, PanicKind

LOW_BATTERY: Final = 20
"""Percent; below it a holder should charge before they go out."""

PRODUCTION: Final = "\"class\" = 'production'"
"""In every question about incidents; a test holds them to it."""

_RECENT: Final = "time > now() - 90d"
"""How old an open incident may be: each year more would double the work of every refresh."""
_AGE: Final = '(${__to} - "opened_at") / 1000 AS "age"'


def _newest(*fields: str, during: str) -> str:
    """Return the newest version of each incident that was opened in this time."""
    wanted = ", ".join(f'"{field}"' for field in ("class", *fields))
    return (
        f'(SELECT last("state") AS "state", {wanted} FROM "incident" WHERE {during}'
        ' GROUP BY "incident")'
    )


def _open(*fields: str) -> str:
    """Return what follows FROM; the time stands twice, or InfluxDB opens every shard it has."""
    newest = _newest(*fields, during=_RECENT)
    return f"{newest} WHERE \"state\" <> 'closed' AND {PRODUCTION} AND {_RECENT}"


OPEN: Final = (
    f'SELECT "incident", "opened_at", {_AGE}, "state", "priority", "marks", "jurisdiction",'
    ' "device" FROM ' + _open("opened_at", "priority", "marks", "jurisdiction", "device")
)
"""Open incidents, whatever the dashboard's time range."""

OPEN_IDS: Final = f'SELECT "incident" FROM {_open()}'
"""One column: Grafana makes a variable's values of the first text that it finds."""

LAST_POSITIONS: Final = (
    'SELECT "incident", "lat", "lon", "accuracy", "speed" FROM'
    ' (SELECT last("lat") AS "lat", "lon", "accuracy", "speed" FROM "released_track"'
    ' GROUP BY "incident")'
)
"""Of incidents of all classes: the map joins them to OPEN and keeps only what is there too."""

TRACK: Final = (
    'SELECT "lat", "lon", "accuracy", "speed" FROM "released_track"'
    " WHERE \"incident\" = '${incident}' ORDER BY time"
)

_SAID: Final = '"state", "battery", "gps", "faults", "next_report_by"'
_HEARD: Final = "time > now() - 30d"

TRACKERS: Final = (
    'SELECT "device", "state", "battery", "gps", "faults", "heard" FROM'
    f' (SELECT max("arrived_at") AS "heard", {_SAID} FROM'
    f' (SELECT "arrived_at", {_SAID} FROM "status" WHERE {_HEARD}'
    ' GROUP BY "device" ORDER BY time DESC LIMIT 20)'
    f' WHERE {_HEARD} GROUP BY "device" ORDER BY time DESC)'
    f' WHERE ("state" = \'lost\' OR "battery" < {LOW_BATTERY}'
    f' OR ("state" = \'sleeping\' AND "next_report_by" < ${{__to}})) AND {_HEARD}'
    " ORDER BY time DESC"
)
"""Newest by arrival, not by the tracker's clock: a last will comes before the next connection.

Of each tracker's last 20 alone, so that the work does not grow with what they have said.
"""

ACKNOWLEDGED_AFTER: Final = (
    'SELECT percentile("wait", 50) AS "median", percentile("wait", 99) AS "p99" FROM'
    ' (SELECT ("acknowledged_at" - "opened_at") / 1000 AS "wait" FROM'
    ' (SELECT first("acknowledged_at") AS "acknowledged_at", "opened_at", "class"'
    ' FROM "incident" WHERE $timeFilter GROUP BY "incident")'
    f" WHERE {PRODUCTION} AND $timeFilter) WHERE $timeFilter"
)
"""Seconds from the opening to the first person who took it: a reopened one has a second."""


def by_day_and_kind(kind: PanicKind) -> str:
    """Return how many incidents of this kind were opened on each day."""
    return _by_day("kind", kind)


def by_day_and_disposition(disposition: Disposition) -> str:
    """Return how many of each day's incidents ended so."""
    return _by_day("disposition", disposition)


def _by_day(field: str, value: str) -> str:
    """Count incidents, not versions; a day begins at ${midnight} from midnight UTC."""
    return (
        f'SELECT count("state") FROM {_newest(field, during="$timeFilter")}'
        f" WHERE {PRODUCTION} AND \"{field}\" = '{value}' AND $timeFilter"
        " GROUP BY time(1d, ${midnight}) fill(0)"
    )
