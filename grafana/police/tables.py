"""The open incidents one by one, and the trackers that may not be able to call."""

from typing import Final

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.builders.common import TableSortByFieldState
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana import look
from grafana.look import named, unit
from grafana.police import columns, questions
from grafana.sources import INFLUXDB, InfluxQuery
from grafana.words import TRACKERS, both

POLICE_UID: Final = "guardian-police"


def open_incidents() -> table.Panel:
    """Opened, age, state, priority, marks and station of each."""
    panel = (
        _table("Open incidents", "未結案件", questions.OPEN)
        .description(
            "Every open production incident, the oldest first. Click on one to see its track "
            "below; acknowledge it in the console."
        )
        .sort_by([TableSortByFieldState().display_name(both(*columns.OPENED)).desc(desc=False)])
        .height(16)
    )
    for name, form in columns.INCIDENT:
        panel.override_by_name(name, form)
    panel.override_by_name("incident", [_choose()])
    return panel.override_by_name("state", [look.coloured_cell()])


def trackers() -> table.Panel:
    """Each tracker whose holder should be asked whether all is well."""
    return (
        _table("Trackers lost or low on battery", "失聯或低電量的追蹤器", questions.TRACKERS)
        .description(
            "By the newest status of the last 30 days: connection lost, battery below "
            f"{questions.LOW_BATTERY} %, or asleep past the time of its next report."
        )
        .override_by_name("device", [named("tracker", "追蹤器")])
        .override_by_name(
            "state", [named("state", "狀態"), look.worded(TRACKERS), look.coloured_cell()]
        )
        .override_by_name("battery", [named("battery", "電量"), unit("percent")])
        .override_by_name("gps", [named("GPS", "衛星定位")])
        .override_by_name("faults", [named("faults", "故障")])
        .override_by_name("heard", [named("last heard", "最後通訊"), unit("dateTimeFromNow")])
        .height(12)
    )


def _table(english: str, chinese: str, query: str) -> table.Panel:
    return (
        table.Panel()
        .title(both(english, chinese))
        .datasource(INFLUXDB)
        .no_value(look.NONE)
        .with_target(InfluxQuery(ref_id="A", query=query))
        .override_by_name("Time", look.hidden())
        .span(12)
    )


def _choose() -> DynamicConfigValue:
    """Set the dashboard's variable to the incident of the row."""
    title = both("Show its track", "顯示軌跡")
    return look.link(title, f"/d/{POLICE_UID}?var-incident=${{__data.fields.incident}}")
