"""The two data sources, and queries to them as Grafana's panels hold them."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef

INFLUXDB: Final = DataSourceRef(type_val="influxdb", uid="guardian-influxdb")
PROMETHEUS: Final = DataSourceRef(type_val="prometheus", uid="guardian-prometheus")


@dataclass(frozen=True, kw_only=True)
class InfluxQuery(Dataquery, Builder[Dataquery]):
    """InfluxQL as written; the SDK has no model of it, so this is its builder too."""

    ref_id: str
    query: str
    form: Literal["table", "time_series"] = "table"
    alias: str | None = None

    def build(self) -> Dataquery:
        """Return itself."""
        return self

    def to_json(self) -> dict[str, Any]:
        """Return what the InfluxDB plug-in reads."""
        named = {} if self.alias is None else {"alias": self.alias}
        return {
            "refId": self.ref_id,
            "datasource": INFLUXDB,
            "rawQuery": True,
            "query": self.query,
            "resultFormat": self.form,
            **named,
        }


@dataclass(frozen=True, kw_only=True)
class PromQuery(Dataquery, Builder[Dataquery]):
    """PromQL; `instant` asks for the newest value alone."""

    ref_id: str
    expr: str
    legend: str = ""
    instant: bool = False
    table: bool = False

    def build(self) -> Dataquery:
        """Return itself."""
        return self

    def to_json(self) -> dict[str, Any]:
        """Return what the Prometheus plug-in reads."""
        return {
            "refId": self.ref_id,
            "datasource": PROMETHEUS,
            "expr": self.expr,
            "legendFormat": self.legend,
            "format": "table" if self.table else "time_series",
            "instant": self.instant,
            "range": not self.instant,
            "editorMode": "code",
        }
