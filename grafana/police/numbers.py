"""The row at the top: how many nobody has, for how long, and whether these numbers are alive."""

from typing import Final

from grafana_foundation_sdk.builders import stat
from grafana_foundation_sdk.builders.common import ReduceDataOptions
from grafana_foundation_sdk.models.common import BigValueColorMode, BigValueGraphMode

from contract.limits import LADDER_S
from grafana import look
from grafana.alerts import HEARTBEAT_S
from grafana.police import questions
from grafana.sources import INFLUXDB, PROMETHEUS, InfluxQuery, PromQuery
from grafana.words import both

OVERDUE_S: Final = LADDER_S[1]
"""The first escalation: from here on nobody should wait."""
_MONTH: Final = "30d"


def unacknowledged() -> stat.Panel:
    """How many production incidents nobody has acknowledged."""
    what = "Production incidents that no person has acknowledged. Anything but 0 needs somebody."
    panel = _now("Nobody has them", "未受理案件", what, "max(guardian_incidents_unacknowledged)")
    return panel.thresholds(look.red_from(1))


def oldest() -> stat.Panel:
    """How long the oldest of them waits."""
    what = (
        "How long the oldest of them has waited; 0 when there is none. "
        f"Red from {OVERDUE_S} s: call the next person."
    )
    expr = "max(guardian_oldest_unacknowledged_seconds)"
    panel = _now("The oldest has waited", "最久等候", what, expr)
    return panel.thresholds(look.red_from(OVERDUE_S)).unit("s").decimals(0)


def heartbeat() -> stat.Panel:
    """How long ago a dispatcher last did its work."""
    what = (
        "How long ago a dispatcher last looked at its database. When it is red or missing, the "
        "two numbers beside it prove nothing: use the console, and call operations."
    )
    expr = "time() - max(guardian_heartbeat_timestamp_seconds)"
    panel = _now("Guardian's heartbeat", "系統心跳", what, expr)
    return panel.thresholds(look.red_from(HEARTBEAT_S)).unit("s").decimals(0)


def received_after() -> stat.Panel:
    """Press to received."""
    what = (
        "From the press on the tracker to the incident on the dispatcher's disk: presses of 30 "
        "days whose clocks agree."
    )
    panel = _waits("Press to received", "按下到收到", what).datasource(PROMETHEUS)
    for ref, legend, share in (("A", "median", 0.5), ("B", "p99", 0.99)):
        buckets = "sum by (le) (increase(guardian_press_received_seconds_bucket[$__range]))"
        expr = f"histogram_quantile({share}, {buckets})"
        panel.with_target(PromQuery(ref_id=ref, expr=expr, legend=legend, instant=True))
    return panel


def acknowledged_after() -> stat.Panel:
    """Press to acknowledged."""
    what = (
        "From the opening of an incident to the person who took it: incidents of 30 days. It "
        f"escalates after {OVERDUE_S} s; a median above that means too few people."
    )
    panel = _waits("Press to acknowledged", "按下到受理", what).datasource(INFLUXDB)
    return panel.with_target(InfluxQuery(ref_id="A", query=questions.ACKNOWLEDGED_AFTER))


def _now(english: str, chinese: str, what: str, expr: str) -> stat.Panel:
    """Return one number from the dispatchers, as new as their last scrape."""
    panel = _stat(english, chinese, what).datasource(PROMETHEUS)
    return (
        panel.with_target(PromQuery(ref_id="A", expr=expr, instant=True))
        .color_scheme(look.by_thresholds())
        .color_mode(BigValueColorMode.BACKGROUND)
        .span(4)
    )


def _waits(english: str, chinese: str, what: str) -> stat.Panel:
    """Return a median and a 99th percentile of a month, in seconds."""
    return (
        _stat(english, chinese, what)
        .color_mode(BigValueColorMode.VALUE)
        .unit("s")
        .time_from(_MONTH)
        .override_by_name("median", [look.named("median", "中位數")])
        .override_by_name("p99", [look.named("99 of 100 within", "百分之九十九以內")])
        .span(6)
    )


def _stat(english: str, chinese: str, what: str) -> stat.Panel:
    return (
        stat.Panel()
        .title(both(english, chinese))
        .description(what)
        .no_value(look.NO_ANSWER)
        .graph_mode(BigValueGraphMode.NONE)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(values=False))
        .height(5)
    )
