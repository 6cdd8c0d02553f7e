"""The dashboard of whoever runs Guardian: is every part alive, and does it keep up."""

from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.builders.common import ReduceDataOptions
from grafana_foundation_sdk.models.common import BigValueColorMode, BigValueGraphMode
from grafana_foundation_sdk.models.dashboard import Dashboard, DynamicConfigValue

from grafana import look
from grafana.alerts import CERTIFICATE_DAYS
from grafana.board import REF_IDS, board, numbered
from grafana.sources import PROMETHEUS, PromQuery
from grafana.words import both

UID: Final = "guardian-operations"
_DELIVERY: Final = "rate(guardian_delivery_seconds_bucket[$__rate_interval])"


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Lines over time: what they show, and each line's PromQL and legend."""

    title: tuple[str, str]
    what: str
    lines: tuple[tuple[str, str], ...]
    unit: str = "short"


def operations() -> Dashboard:
    """Return the dashboard."""
    made = board(UID, "Guardian: operations", "維運").refresh("15s")
    for panel in (_alive(), _certificates(), _expiring_trackers()):
        made.with_panel(panel)
    for graph in (*_POSITIONS, *_INCIDENTS, *_BROKERS):
        made.with_panel(_drawn(graph))
    return numbered(made)


def _quantiles(histogram: str) -> tuple[tuple[str, str], ...]:
    buckets = f"sum by (le) (rate({histogram}_bucket[$__rate_interval]))"
    return tuple(
        (f"histogram_quantile({share}, {buckets})", legend)
        for share, legend in ((0.5, "median"), (0.99, "99 %"))
    )


def _increase(counter: str, label: str) -> tuple[tuple[str, str], ...]:
    counted = f"sum by ({label}) (increase({counter}[$__rate_interval]))"
    return ((counted, f"{{{{{label}}}}}"),)


_POSITIONS: Final = (
    Graph(
        title=("Messages to ingest", "收到的訊息"),
        what="A second, by topic. 0 while trackers are on the way: ingest is not connected.",
        lines=(
            ("sum by (topic) (rate(guardian_ingest_messages_received_total[$__rate_interval]))",
             "{{topic}}"),
            ("sum(rate(guardian_ingest_rows_written_total[$__rate_interval]))", "rows stored"),
        ),
        unit="cps",
    ),
    Graph(
        title=("Lag from the fix to the store", "定位到儲存的延遲"),
        what="Trackers that were out of reach send their backlog later, so 99 % may be hours; the "
        "median tells whether ingest keeps up.",
        lines=_quantiles("guardian_ingest_lag_seconds"),
        unit="s",
    ),
    Graph(
        title=("Store: time of one write", "每次寫入時間"),
        what="One batch to InfluxDB. Above 1 s: look at its disk and its compactions.",
        lines=_quantiles("guardian_ingest_write_seconds"),
        unit="s",
    ),
    Graph(
        title=("Ingest: held and tried again", "待確認與重試"),
        what="Messages that ingest holds unacknowledged, and writes a second that it had to try "
        "again: the store is away, and the broker keeps what comes.",
        lines=(
            ("sum(guardian_ingest_unacknowledged_messages)", "held"),
            ("sum(rate(guardian_ingest_store_retries_total[$__rate_interval])) or vector(0)",
             "retries a second"),
        ),
    ),
    Graph(
        title=("Dead letters", "無法儲存的回報"),
        what="Reports that can never be stored, by reason, kept in ingest's state directory; lost "
        "are those that its disk did not take.",
        lines=(
            *_increase("guardian_ingest_dead_letters_total", "reason"),
            ("sum(increase(guardian_ingest_dead_letters_lost_total[$__rate_interval]))", "lost"),
        ),
    ),
)  # fmt: skip

_INCIDENTS: Final = (
    Graph(
        title=("Panic: press to received", "按下到收到"),
        what="From the press on the tracker to the disk of the dispatcher, where clocks agree.",
        lines=_quantiles("guardian_press_received_seconds"),
        unit="s",
    ),
    Graph(
        title=("Panic: arrival to disk", "抵達到寫入"),
        what="The dispatcher's own part of it. Above 0.1 s: its database is slow.",
        lines=_quantiles("guardian_intake_seconds"),
        unit="s",
    ),
    Graph(
        title=("Alerts by channel", "警報傳送"),
        what="Attempts to deliver. Failed ones are tried again until they succeed.",
        lines=(
            ("sum by (channel, result) (increase(guardian_deliveries_total[$__rate_interval]))",
             "{{channel}} {{result}}"),
        ),
    ),
    Graph(
        title=("Alerts: 99 % delivered within", "警報傳送時間"),
        what="From when an alert was due. Above 5 s: the channel, or what is behind it, is slow.",
        lines=(
            (f"histogram_quantile(0.99, sum by (channel, le) ({_DELIVERY}))", "{{channel}}"),
        ),
        unit="s",
    ),
    Graph(
        title=("Alerts waiting", "待傳送警報"),
        what="What each channel still has to deliver. One that stays up is dead.",
        lines=(("max by (channel) (guardian_deliveries_pending)", "{{channel}}"),),
    ),
    Graph(
        title=("Errors survived", "已排除的錯誤"),
        what="Exceptions after which a loop went on: each is a fault to report, with the log.",
        lines=(
            ("sum(increase(guardian_loop_errors_total[$__rate_interval])) or vector(0)",
             "dispatcher"),
            ("sum(increase(guardian_ingest_loop_errors_total[$__rate_interval])) or vector(0)",
             "ingest"),
        ),
    ),
)  # fmt: skip

_BROKERS: Final = (
    Graph(
        title=("Broker: clients", "連線數"),
        what="Trackers and services connected to each broker.",
        lines=(("guardian_broker_clients_connected", "{{broker}}"),),
    ),
    Graph(
        title=("Broker: queued", "佇列訊息"),
        what="Messages that it keeps in memory for somebody who is away: a service that is down, "
        "or a tracker that is out of reach.",
        lines=(("guardian_broker_messages_queued", "{{broker}}"),),
    ),
    Graph(
        title=("Broker: dropped", "丟棄訊息"),
        what="Dropped because a queue was full. Their senders repeat them, later than they should.",
        lines=_increase("guardian_broker_messages_dropped_total", "broker"),
    ),
    Graph(
        title=("Broker: messages", "訊息量"),
        what="A second, in and out.",
        lines=(
            ("sum by (broker) (rate(guardian_broker_messages_received_total[$__rate_interval]))",
             "{{broker}} in"),
            ("sum by (broker) (rate(guardian_broker_messages_sent_total[$__rate_interval]))",
             "{{broker}} out"),
        ),
        unit="cps",
    ),
)  # fmt: skip


def _drawn(graph: Graph) -> timeseries.Panel:
    panel = (
        timeseries.Panel()
        .title(both(*graph.title))
        .description(graph.what)
        .datasource(PROMETHEUS)
        .no_value(look.NO_ANSWER)
        .unit(graph.unit)
        .min(0)
        .span(8)
        .height(8)
    )
    for ref, (expr, legend) in zip(REF_IDS, graph.lines, strict=False):
        panel.with_target(PromQuery(ref_id=ref, expr=expr, legend=legend))
    return panel


def _alive() -> stat.Panel:
    expr = 'max by (job, instance) (up{job=~"dispatcher|ingest|broker"})'
    query = PromQuery(ref_id="A", expr=expr, legend="{{job}} {{instance}}", instant=True)
    return (
        _numbers("Processes", "程序", query)
        .description("1: Prometheus reaches it. 0: it is down, or its metrics cannot be reached.")
        .thresholds(look.steps((None, look.RED), (1, look.GREEN)))
        .span(8)
    )


def _expiring_trackers() -> stat.Panel:
    expiring = "max(guardian_tracker_certificates_expiring)"
    expired = PromQuery(
        ref_id="B",
        expr="max(guardian_tracker_certificates_expired)",
        legend="ended",
        instant=True,
    )
    query = PromQuery(ref_id="A", expr=expiring, legend="end in 60 days", instant=True)
    return (
        _numbers("Trackers' certificates", "追蹤器憑證", query)
        .with_target(expired)
        .description("Enrol them anew in good time: a tracker without a certificate cannot call.")
        .thresholds(look.red_from(1))
        .span(6)
    )


def _numbers(english: str, chinese: str, query: PromQuery) -> stat.Panel:
    return (
        stat.Panel()
        .title(both(english, chinese))
        .datasource(PROMETHEUS)
        .with_target(query)
        .no_value(look.NO_ANSWER)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(values=False))
        .color_scheme(look.by_thresholds())
        .color_mode(BigValueColorMode.BACKGROUND)
        .graph_mode(BigValueGraphMode.NONE)
        .height(8)
    )


def _certificates() -> table.Panel:
    days = "(min by (certificate) (guardian_certificate_expiry_timestamp_seconds) - time()) / 86400"
    cells = [look.named("days left", "剩餘天數"), look.coloured_cell()]
    return (
        table.Panel()
        .title(both("Certificates", "憑證"))
        .description(f"Renew what has less than {CERTIFICATE_DAYS} days: docs/enrolment.md.")
        .datasource(PROMETHEUS)
        .no_value(look.NO_ANSWER)
        .with_target(PromQuery(ref_id="A", expr=f"sort({days})", instant=True, table=True))
        .override_by_name("Time", look.hidden())
        .override_by_name("certificate", [look.named("certificate", "憑證")])
        .override_by_name("Value", [*cells, DynamicConfigValue("decimals", 0)])
        .thresholds(look.steps((None, look.RED), (CERTIFICATE_DAYS, look.GREEN)))
        .color_scheme(look.by_thresholds())
        .span(10)
        .height(8)
    )
