"""Settings of `guardian broker watch`."""

from dataclasses import dataclass
from pathlib import Path

from runtime.settings import BrokerSettings, LogSettings, MetricsSettings, setting
from runtime.settings.groups import instance_of


@dataclass(frozen=True, kw_only=True)
class WatchSettings(BrokerSettings, LogSettings, MetricsSettings):
    """What the watch needs to know; it connects to every broker that is named."""

    instance: str = setting(
        "GUARDIAN_INSTANCE",
        default="1",
        check=instance_of("tool"),
        help="the number in its certificate's name, svc.tool.1",
    )
    pki_dir: Path | None = setting(
        "GUARDIAN_PKI_DIR",
        default=None,
        help="the folder of `guardian enroll`, only read: how long certificates last; absent:"
        " those of the watch itself and of the brokers alone",
    )

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        super().__post_init__()
        if self.metrics_bind is None:
            raise ValueError("GUARDIAN_METRICS_BIND: is required, for it does nothing else")

    @property
    def service(self) -> str:
        """Return the name of the service, as in its certificate."""
        return f"svc.tool.{self.instance}"
