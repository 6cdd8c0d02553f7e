"""What the dashboards have in common."""

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard as Builder
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.words import both

REF_IDS: Final = "ABCDEFGH"
"""Names of a panel's queries, in order."""
DAY: Final = "now-24h"


def board(uid: str, english: str, chinese: str) -> Builder:
    """Return an empty dashboard that nobody can change in Grafana: its code is here."""
    return (
        Builder(both(english, chinese))
        .uid(uid)
        .tags(["guardian"])
        .readonly()
        .time(DAY, "now")
        .timezone("browser")
        .variables([])
        .annotations([])
    )


def numbered(builder: Builder) -> Dashboard:
    """Return the dashboard, its panels numbered from 1 so that links to one hold."""
    made = builder.build()
    for number, panel in enumerate(made.panels or [], start=1):
        panel.id_val = number
    return made
