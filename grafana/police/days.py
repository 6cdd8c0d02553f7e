"""A month of incidents, a stack of bars for each day."""

from typing import Final

from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.builders.common import StackingConfig
from grafana_foundation_sdk.models.common import GraphDrawStyle, StackingMode

from grafana import look
from grafana.board import REF_IDS
from grafana.police import questions
from grafana.sources import INFLUXDB, InfluxQuery
from grafana.words import DISPOSITIONS, KINDS, both

_MONTH: Final = "30d"


def by_kind() -> timeseries.Panel:
    """By what was pressed."""
    what = "Production incidents of 30 days by the day of their opening and by kind."
    panel = _daily("Incidents a day by kind", "每日案件依類型", what)
    for ref, (kind, words) in zip(REF_IDS, KINDS.items(), strict=False):
        panel.with_target(_counted(ref, questions.by_day_and_kind(kind), words))
    return panel


def by_disposition() -> timeseries.Panel:
    """By how they ended."""
    what = (
        "The same by how they ended; open ones are missing. Many false alarms: look whether one "
        "tracker or one way of wearing it makes them."
    )
    panel = _daily("Incidents a day by disposition", "每日案件依處理結果", what)
    for ref, (disposition, words) in zip(REF_IDS, DISPOSITIONS.items(), strict=False):
        panel.with_target(_counted(ref, questions.by_day_and_disposition(disposition), words))
    return panel


def _counted(ref_id: str, query: str, words: tuple[str, str]) -> InfluxQuery:
    return InfluxQuery(ref_id=ref_id, query=query, form="time_series", alias=both(*words))


def _daily(english: str, chinese: str, what: str) -> timeseries.Panel:
    return (
        timeseries.Panel()
        .title(both(english, chinese))
        .description(what)
        .datasource(INFLUXDB)
        .time_from(_MONTH)
        .no_value(look.NO_ANSWER)
        .draw_style(GraphDrawStyle.BARS)
        .fill_opacity(80)
        .stacking(StackingConfig().mode(StackingMode.NORMAL).group("A"))
        .decimals(0)
        .min(0)
        .span(12)
        .height(9)
    )
