"""Settings of the telemetry store, shared by ingest, the dispatcher and `guardian store init`."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from runtime.settings import setting

DAY_MS = 86_400_000
_SQLITE = "sqlite:///"
_INFLUXDB = "influxdb"


def _store_address(text: str) -> None:
    if text != _INFLUXDB and not (text.startswith(_SQLITE) and len(text) > len(_SQLITE)):
        raise ValueError("expected influxdb, or sqlite:///path (sqlite:////absolute/path)")


def _web_address(text: str) -> None:
    if not text.startswith(("http://", "https://")):
        raise ValueError("expected http://host:port or https://host:port")


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How many days each kind of row is kept."""

    telemetry_days: int
    released_days: int
    thinned_days: int = 0
    """0: nothing is thinned."""


@dataclass(frozen=True, kw_only=True)
class InfluxAddress:
    """Where InfluxDB is, who we are there, and the names of the buckets."""

    url: str
    org: str
    token: str = field(repr=False)
    telemetry_bucket: str
    released_bucket: str
    thinned_bucket: str = "thinned"


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """Which store, where, and for how long."""

    telemetry_store: str = setting(
        "GUARDIAN_TELEMETRY_STORE",
        default=_INFLUXDB,
        check=_store_address,
        help="influxdb, or sqlite:///path of one file for a small installation",
    )
    influx_url: str = setting(
        "INFLUXDB_V2_URL",
        default="http://127.0.0.1:8086",
        check=_web_address,
        help="where InfluxDB answers",
    )
    influx_org: str = setting("INFLUXDB_V2_ORG", default="guardian", help="organisation there")
    influx_token: str | None = setting(
        "INFLUXDB_V2_TOKEN", default=None, secret=True, help="this process's scoped token"
    )
    telemetry_bucket: str = setting(
        "GUARDIAN_TELEMETRY_BUCKET", default="telemetry", help="bucket of the sealed positions"
    )
    released_bucket: str = setting(
        "GUARDIAN_RELEASED_BUCKET", default="released", help="bucket that Grafana may read"
    )
    telemetry_retention_days: int = setting(
        "GUARDIAN_TELEMETRY_RETENTION_DAYS",
        default=30,
        minimum=1,
        maximum=36_500,
        help="days that positions are kept",
    )
    released_retention_days: int = setting(
        "GUARDIAN_RELEASED_RETENTION_DAYS",
        default=365,
        minimum=1,
        maximum=36_500,
        help="days that incidents and statuses are kept; positions there end with their incident",
    )

    thinned_retention_days: int = setting(
        "GUARDIAN_THINNED_RETENTION_DAYS",
        default=0,
        minimum=0,
        maximum=36_500,
        help="days that thinned positions are kept, by `guardian store thin`; 0: there are none",
    )
    thinned_every_s: int = setting(
        "GUARDIAN_THINNED_EVERY_S",
        default=300,
        minimum=1,
        maximum=86_400,
        help="one position of each tracker in so many seconds is among the thinned ones",
    )
    thinned_bucket: str = setting(
        "GUARDIAN_THINNED_BUCKET",
        default="thinned",
        help="bucket of the thinned positions, sealed too; beside an SQLite file a second one",
    )

    @property
    def thinned(self) -> Self:
        """Return the settings of the store of thinned positions, which is one like the other."""
        path = self.sqlite_path
        return replace(
            self,
            telemetry_store=f"{_SQLITE}{path.with_suffix('.thinned.db')}" if path else _INFLUXDB,
            telemetry_bucket=self.thinned_bucket,
            telemetry_retention_days=self.thinned_retention_days,
        )

    @property
    def sqlite_path(self) -> Path | None:
        """Return the file of an SQLite store, None for InfluxDB."""
        if not self.telemetry_store.startswith(_SQLITE):
            return None
        return Path(self.telemetry_store.removeprefix(_SQLITE))

    @property
    def retention(self) -> Retention:
        """Return how long rows are kept."""
        return Retention(
            telemetry_days=self.telemetry_retention_days,
            released_days=self.released_retention_days,
            thinned_days=self.thinned_retention_days,
        )

    @property
    def influx(self) -> InfluxAddress:
        """Return how to reach InfluxDB; without a token it denies everything."""
        return InfluxAddress(
            url=self.influx_url,
            org=self.influx_org,
            token=self.influx_token or "",
            telemetry_bucket=self.telemetry_bucket,
            released_bucket=self.released_bucket,
            thinned_bucket=self.thinned_bucket,
        )
