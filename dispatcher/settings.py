"""Settings of the dispatcher process."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from dispatcher.channels.tables import AnyChannelTable, check_together
from dispatcher.channels.webhook import WebhookTarget, check_target
from dispatcher.channels.webhook_address import Network
from dispatcher.escalation.settings import EscalationSettings
from dispatcher.jurisdiction.settings import JurisdictionSettings
from dispatcher.tiles import check_tiles
from runtime.settings import BrokerSettings, LogSettings, MetricsSettings, setting
from runtime.settings.bind import split_bind
from runtime.settings.groups import instance_of
from telemetry_store.settings import StoreSettings

DATABASE_FILE = "incidents.db"


def _database_url(text: str) -> None:
    if not text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("expected sqlite:///path or postgresql://user@host/name")


def _network(text: str) -> None:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise ValueError("expected a network such as 10.0.0.0/8") from None


@dataclass(frozen=True, kw_only=True)
class WebhookSettings:
    """The one webhook."""

    webhook_url: str | None = setting(
        "GUARDIAN_WEBHOOK_URL", default=None, help="where alerts are posted; absent: nowhere"
    )
    webhook_secret: str | None = setting(
        "GUARDIAN_WEBHOOK_SECRET",
        default=None,
        secret=True,
        help="whsec_..., what signs them; during a rotation the old and the new, with a space",
    )
    webhook_allow: tuple[str, ...] = setting(
        "GUARDIAN_WEBHOOK_ALLOW",
        default=(),
        check=_network,
        help="private networks that webhooks may reach, such as 10.1.0.0/16, with commas",
    )
    webhook_ca_file: Path | None = setting(
        "GUARDIAN_WEBHOOK_CA_FILE",
        default=None,
        help="who certifies the receiver (PEM); absent: the system's authorities",
    )
    webhook_full: bool = setting(
        "GUARDIAN_WEBHOOK_FULL",
        default=False,
        help="true: the position too, while the incident is open; see docs/privacy.md",
    )


@dataclass(frozen=True, kw_only=True)
class ChannelSettings(WebhookSettings):
    """Where alerts go."""

    channel: tuple[AnyChannelTable, ...] = setting(
        "GUARDIAN_CHANNEL",
        default=(),
        check=check_together,
        help="where alerts go, a table for each channel, only in the TOML file: docs/channels.md",
    )
    deliveries_kept_days: int = setting(
        "GUARDIAN_DELIVERIES_KEPT_DAYS",
        default=30,
        minimum=1,
        maximum=3650,
        help="how long it is remembered what was delivered, and tried what concerns a closed"
        " incident",
    )


@dataclass(frozen=True, kw_only=True)
class MapSettings:
    """What the console's map shows beside the incidents."""

    map_outline_file: Path | None = setting(
        "GUARDIAN_MAP_OUTLINE_FILE",
        default=None,
        help="areas to draw (GeoJSON, polygons, WGS 84); absent: Taiwan's counties",
    )
    map_tiles_url: str | None = setting(
        "GUARDIAN_MAP_TILES_URL",
        default=None,
        check=check_tiles,
        help="https://tiles.example/{z}/{x}/{y}.png; that server learns where operators look",
    )
    map_tiles_attribution: str | None = setting(
        "GUARDIAN_MAP_TILES_ATTRIBUTION",
        default=None,
        help="whom the map must name for its tiles, as in: © OpenStreetMap contributors",
    )
    map_tiles_max_zoom: int = setting(
        "GUARDIAN_MAP_TILES_MAX_ZOOM",
        default=19,
        minimum=0,
        maximum=22,
        help="the largest {z} that the tile server has",
    )


@dataclass(frozen=True, kw_only=True)
class HttpSettings(MapSettings):
    """The API and the console."""

    cards_dir: Path | None = setting(
        "GUARDIAN_CARDS_DIR",
        default=None,
        help="instruction cards for each kind of incident (button.md, ...); absent: Guardian's own",
    )

    http_bind: str = setting(
        "GUARDIAN_HTTP_BIND", default="127.0.0.1:8443", check=split_bind, help="where they answer"
    )
    http_cert_file: Path | None = setting(
        "GUARDIAN_HTTP_CERT_FILE", default=None, help="the server's certificate (PEM)"
    )
    http_key_file: Path | None = setting(
        "GUARDIAN_HTTP_KEY_FILE", default=None, help="the key of that certificate (PEM)"
    )
    behind_proxy: bool = setting(
        "GUARDIAN_BEHIND_PROXY",
        default=False,
        help="true: plain HTTP, and a proxy in front speaks HTTPS; nobody else may reach the port",
    )
    console_url: str | None = setting(
        "GUARDIAN_CONSOLE_URL", default=None, help="the console's address, for links in alerts"
    )

    @property
    def http_host(self) -> str:
        """Return the address to bind."""
        return split_bind(self.http_bind)[0]

    @property
    def http_port(self) -> int:
        """Return the port to bind; 0 takes a free one."""
        return split_bind(self.http_bind)[1]


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """Where incidents and accounts are."""

    database_url: str | None = setting(
        "GUARDIAN_DATABASE_URL",
        default=None,
        secret=True,
        check=_database_url,
        help=f"postgresql://... or sqlite:///...; absent: {DATABASE_FILE} in the state directory",
    )
    state_dir: Path = setting(
        "GUARDIAN_STATE_DIR", default=Path(), help="where the incident database is, if it is SQLite"
    )

    @property
    def incident_database(self) -> str:
        """Return the URL of the incident database."""
        return self.database_url or f"sqlite:///{self.state_dir.absolute() / DATABASE_FILE}"


@dataclass(frozen=True, kw_only=True)
class DispatcherSettings(
    EscalationSettings,
    JurisdictionSettings,
    BrokerSettings,
    LogSettings,
    MetricsSettings,
    StoreSettings,
    DatabaseSettings,
    ChannelSettings,
    HttpSettings,
):
    """What the dispatcher needs to know."""

    instance: str = setting(
        "GUARDIAN_INSTANCE",
        default="1",
        check=instance_of("dispatcher"),
        help="tells dispatchers apart; keep it over restarts, the broker keeps panics under it",
    )

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        super().__post_init__()
        if (self.http_cert_file is None) != (self.http_key_file is None):
            raise ValueError("GUARDIAN_HTTP_CERT_FILE and GUARDIAN_HTTP_KEY_FILE belong together")
        if self.webhook_url is not None:
            check_target(self.webhook_url, self._webhook_secrets)
            if any(table.name == WebhookTarget.name for table in self.channel):
                raise ValueError("channel: name: 'webhook' is GUARDIAN_WEBHOOK_URL's; take another")

    @property
    def client_id(self) -> str:
        """Return the MQTT client id of the session that takes panics."""
        return f"svc.dispatcher.{self.instance}"

    @property
    def source(self) -> str:
        """Return what names this dispatcher in CloudEvents."""
        return f"/guardian/dispatcher/{self.instance}"

    @property
    def webhook(self) -> WebhookTarget | None:
        """Return the webhook, if there is one."""
        if self.webhook_url is None:
            return None
        return WebhookTarget(
            url=self.webhook_url,
            secrets=self._webhook_secrets,
            allowed=tuple(_parsed(each) for each in self.webhook_allow),
            ca_file=self.webhook_ca_file,
            console_url=self.console_url,
            full=self.webhook_full,
        )

    @property
    def _webhook_secrets(self) -> tuple[str, ...]:
        return tuple((self.webhook_secret or "").split())


def _parsed(text: str) -> Network:
    return ipaddress.ip_network(text)
