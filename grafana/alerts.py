"""The alert rules: one list, of which Grafana's provisioning and Prometheus' rules are both made.

Every rule asks Prometheus, so that the two agree; what to do is in docs/dashboards.md.
"""

from dataclasses import dataclass
from typing import Final, Literal

from broker_config.watch.expiry import SOON_DAYS

UNACKNOWLEDGED_S: Final = 60
"""Three alerts went out by then, contract.limits.LADDER_S, and nobody answered."""
HEARTBEAT_S: Final = 30
"""A dispatcher beats every few seconds; so long a silence is no slow commit."""
LAG_S: Final = 30
"""Half of the reports: a tracker's backlog after an outage does not move the median."""
CERTIFICATE_DAYS: Final = SOON_DAYS
_WINDOW: Final = "15m"
"""How long a single lost or dropped message stays an alert, so that somebody sees it."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """It fires when `expr` is above (below) a limit for so long.

    `what` is a Go template of .Value and .Labels, without a dollar: Grafana takes that for a
    variable of its environment, in some versions.
    """

    name: str
    title: tuple[str, str]
    expr: str
    above: float | None = None
    below: float | None = None
    lasting: str = "0s"
    severity: Literal["critical", "warning"]
    what: str

    @property
    def comparison(self) -> tuple[Literal[">", "<"], float]:
        """Return how `expr` is compared, and with what.

        Raises:
            ValueError: there is not exactly one limit.
        """
        if (self.above is None) == (self.below is None):
            raise ValueError(f"{self.name} needs one limit")
        return (">", self.above) if self.above is not None else ("<", self.below or 0.0)


ALERTS: Final = (
    Alert(
        name="IncidentUnacknowledged",
        title=("Nobody has acknowledged an incident", "案件無人受理"),
        expr="max(guardian_oldest_unacknowledged_seconds)",
        above=UNACKNOWLEDGED_S,
        severity="critical",
        what="A production incident has waited {{ .Value | humanizeDuration }} for a person.",
    ),
    Alert(
        name="NoHeartbeat",
        title=("No dispatcher is working", "派遣系統無心跳"),
        expr="time() - (max(guardian_heartbeat_timestamp_seconds) or vector(0))",
        above=HEARTBEAT_S,
        lasting="15s",
        severity="critical",
        what="No dispatcher has looked at its database for over "
        f"{HEARTBEAT_S} s, or Prometheus reaches none. Presses may not arrive.",
    ),
    Alert(
        name="IncidentDatabaseDown",
        title=("The incident database does not commit", "案件資料庫無法寫入"),
        expr="min by (instance) (guardian_store_up)",
        below=1,
        severity="critical",
        what="The dispatcher {{ .Labels.instance }} alerts from memory and confirms nothing.",
    ),
    Alert(
        name="BrokerDown",
        title=("A broker does not answer", "訊息代理無回應"),
        expr="min by (broker) (guardian_broker_up)",
        below=1,
        lasting="15s",
        severity="critical",
        what="The watch is not connected to the broker {{ .Labels.broker }}: trackers that know no "
        "other cannot call for help.",
    ),
    Alert(
        name="CanaryOverdue",
        title=("A canary's press did not come back", "金絲雀測試逾時"),
        expr="time() - max by (broker) (max_over_time(guardian_canary_due_timestamp_seconds[1h]))",
        above=0,
        severity="critical",
        what="No press of the canary through {{ .Labels.broker }} came back in time, or the canary "
        "has stopped. A person's press may not arrive either.",
    ),
    Alert(
        name="ProcessDown",
        title=("A process of Guardian is down", "程序停止"),
        expr='min by (job, instance) (up{job=~"dispatcher|ingest|broker"})',
        below=1,
        lasting="1m",
        severity="critical",
        what="Prometheus does not reach {{ .Labels.job }} at {{ .Labels.instance }}.",
    ),
    Alert(
        name="AlertsUndelivered",
        title=("Alerts wait for a channel", "警報無法送出"),
        expr="max by (channel) (guardian_deliveries_pending)",
        above=0,
        lasting="2m",
        severity="critical",
        what="{{ .Value }} deliveries have waited for 2 minutes for the channel "
        "{{ .Labels.channel }}.",
    ),
    Alert(
        name="IngestLag",
        title=("Positions are stored late", "位置延遲"),
        expr="histogram_quantile(0.5, sum by (le) (rate(guardian_ingest_lag_seconds_bucket[5m])))",
        above=LAG_S,
        lasting="5m",
        severity="warning",
        what="Half of the positions are {{ .Value | humanizeDuration }} old or older when they are "
        "stored.",
    ),
    Alert(
        name="DeadLetters",
        title=("Reports cannot be stored", "回報無法儲存"),
        expr=f"sum by (reason) (increase(guardian_ingest_dead_letters_total[{_WINDOW}]))",
        above=0,
        severity="warning",
        what="Ingest put reports aside as {{ .Labels.reason }} in the last 15 minutes.",
    ),
    Alert(
        name="ManyBadReports",
        title=("Many reports cannot be stored", "大量回報無法儲存"),
        expr="max(guardian_ingest_bad_share_exceeded)",
        above=0,
        severity="critical",
        what="More of the reports of the last 5 minutes than GUARDIAN_BAD_SHARE are dead letters.",
    ),
    Alert(
        name="BrokerDrops",
        title=("A broker drops messages", "訊息代理丟棄訊息"),
        expr=f"sum by (broker) (increase(guardian_broker_messages_dropped_total[{_WINDOW}]))",
        above=0,
        severity="warning",
        what="The broker {{ .Labels.broker }} dropped messages in the last 15 minutes: a queue is "
        "full.",
    ),
    Alert(
        name="CertificateExpiring",
        title=("A certificate ends soon", "憑證即將到期"),
        expr="(min by (certificate) (guardian_certificate_expiry_timestamp_seconds) - time())"
        " / 86400",
        below=CERTIFICATE_DAYS,
        lasting="1m",
        severity="warning",
        what="The certificate {{ .Labels.certificate }} ends in {{ .Value | humanize }} days.",
    ),
    Alert(
        name="TrackerCertificatesExpiring",
        title=("Trackers' certificates end soon", "追蹤器憑證即將到期"),
        expr="max(guardian_tracker_certificates_expiring)",
        above=0,
        lasting="1m",
        severity="warning",
        what=f"{{{{ .Value }}}} trackers' certificates end within {CERTIFICATE_DAYS} days.",
    ),
)
