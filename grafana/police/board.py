"""All of the police's dashboard, from the top."""

from typing import Final

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    Dashboard,
    VariableHide,
    VariableOption,
    VariableRefresh,
)

from grafana.board import board, numbered
from grafana.police import days, maps, numbers, questions, tables
from grafana.sources import INFLUXDB
from grafana.words import both

_REFRESH: Final = "10s"
"""The number that nobody may miss is older by one scrape at most, 5 s."""
_TAIPEI_MIDNIGHT: Final = "-8h"


def police() -> Dashboard:
    """Return the dashboard."""
    made = (
        board(tables.POLICE_UID, "Guardian: police", "警方")
        .refresh(_REFRESH)
        .with_variable(_incident())
        .with_variable(_midnight())
    )
    panels = (
        numbers.unacknowledged(), numbers.oldest(), numbers.heartbeat(),
        numbers.received_after(), numbers.acknowledged_after(),
        maps.open_incidents(), tables.open_incidents(),
        maps.track(), tables.trackers(),
        days.by_kind(), days.by_disposition(),
    )  # fmt: skip
    for panel in panels:
        made.with_panel(panel)
    return numbered(made)


def _incident() -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable("incident")
        .label(both("Incident", "案件"))
        .datasource(INFLUXDB)
        .query({"query": questions.OPEN_IDS, "refId": "InfluxVariableQueryEditor-VariableQuery"})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    )


def _midnight() -> dashboard.CustomVariable:
    """A UTC offset and no name of a zone: not every InfluxDB has a database of zones."""
    chosen = VariableOption(text=_TAIPEI_MIDNIGHT, value=_TAIPEI_MIDNIGHT, selected=True)
    return (
        dashboard.CustomVariable("midnight")
        .label(both("Midnight, from UTC", "午夜與 UTC 之差"))
        .values(_TAIPEI_MIDNIGHT)
        .current(chosen)
        .options([chosen])
        .hide(VariableHide.HIDE_VARIABLE)
    )
