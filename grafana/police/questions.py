"""What the police's dashboard asks InfluxDB, in InfluxQL. Fields: docs/data-model.md.

Every question about incidents is asked of production alone: tests and canaries reach no panel.
`${__to}` is the end of the dashboard's range in ms, which is the moment of the refresh while the
range ends now; Grafana puts it in before the query is sent.
"""

from typing import Final

from contract.messages import Disposition, PanicKind

LOW_BATTERY: Final = 20
"""Percent; below it a holder should charge before they go out."""

_NEWEST: Final = (
    'SELECT last("version") AS "version", "class", "state", "kind", "priority", "marks", "device",'
    ' "opened_at", "acknowledged_at", "jurisdiction", "disposition" FROM "incident"'
)
PRODUCTION: Final = "\"class\" = 'production'"
"""In every question about incidents; a test holds them to it."""
_ALL: Final = f'({_NEWEST} GROUP BY "incident")'
_IN_RANGE: Final = f'({_NEWEST} WHERE $timeFilter GROUP BY "incident")'
_AGE: Final = '(${__to} - "opened_at") / 1000 AS "age"'

OPEN: Final = (
    f'SELECT "incident", "opened_at", {_AGE}, "state", "priority", "marks", "jurisdiction",'
    f' "device" FROM {_ALL} WHERE "state" <> \'closed\' AND {PRODUCTION}'
)
"""Open incidents, whenever they were opened."""

OPEN_IDS: Final = f'SELECT "incident" FROM {_ALL} WHERE "state" <> \'closed\' AND {PRODUCTION}'
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

TRACKERS: Final = (
    'SELECT "device", "state", "battery", "gps", "faults", "heard" FROM'
    ' (SELECT max("arrived_at") AS "heard", "state", "battery", "gps", "faults",'
    ' "next_report_by" FROM "status" WHERE time > now() - 30d GROUP BY "device")'
    f' WHERE "state" = \'lost\' OR "battery" < {LOW_BATTERY}'
    ' OR ("state" = \'sleeping\' AND "next_report_by" < ${__to})'
)
"""Newest by arrival, not by the tracker's clock: a last will comes before the next connection."""

ACKNOWLEDGED_AFTER: Final = (
    'SELECT percentile("wait", 50) AS "median", percentile("wait", 99) AS "p99" FROM'
    ' (SELECT ("acknowledged_at" - "opened_at") / 1000 AS "wait" FROM'
    ' (SELECT first("acknowledged_at") AS "acknowledged_at", "opened_at", "class"'
    f' FROM "incident" WHERE $timeFilter GROUP BY "incident") WHERE {PRODUCTION})'
)
"""Seconds from the opening to the first person who took it: a reopened one has a second."""


def by_day_and_kind(kind: PanicKind) -> str:
    """Return how many incidents of this kind were opened on each day."""
    return _by_day(f"\"kind\" = '{kind}'")


def by_day_and_disposition(disposition: Disposition) -> str:
    """Return how many of each day's incidents ended so."""
    return _by_day(f"\"disposition\" = '{disposition}'")


def _by_day(condition: str) -> str:
    """Count incidents, not versions; a day begins at ${midnight} before midnight UTC."""
    return (
        f'SELECT count("version") FROM {_IN_RANGE} WHERE {PRODUCTION} AND {condition}'
        " AND $timeFilter GROUP BY time(1d, ${midnight}) fill(0)"
    )
