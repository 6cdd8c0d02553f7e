"""Settings of the ingest process."""

import re
from dataclasses import dataclass
from pathlib import Path

from contract.limits import STORED_EVERY_S
from runtime.settings import BrokerSettings, LogSettings, MetricsSettings, setting
from runtime.settings.groups import instance_of
from telemetry_store.settings import StoreSettings

_SHARE_NAME = re.compile(r"[A-Za-z0-9_-]+\Z")


def _share_name(text: str) -> None:
    if not _SHARE_NAME.match(text):
        raise ValueError("expected letters, digits, - and _")


@dataclass(frozen=True, kw_only=True)
class IngestSettings(BrokerSettings, LogSettings, MetricsSettings, StoreSettings):
    """What ingest needs to know."""

    instance: str = setting(
        "GUARDIAN_INSTANCE",
        default="1",
        check=instance_of("ingest"),
        help="tells workers apart; keep it over restarts, the broker keeps messages under it",
    )
    share_name: str | None = setting(
        "GUARDIAN_SHARE_NAME",
        default=None,
        secret=True,
        check=_share_name,
        help="workers with the same one share the positions; needed by two or more. Secret,"
        " because a tracker that knew it could take some away",
    )
    state_dir: Path = setting(
        "GUARDIAN_STATE_DIR", default=Path(), help="where dead letters are kept"
    )
    stored_every_s: float = setting(
        "GUARDIAN_STORED_EVERY_S",
        default=STORED_EVERY_S,
        minimum=0,
        maximum=STORED_EVERY_S,
        help="how often a tracker is told, at most, which of its locations are safe",
    )
    receive_maximum: int = setting(
        "GUARDIAN_RECEIVE_MAXIMUM",
        default=2000,
        minimum=2,
        maximum=65535,
        help="messages that the broker may send ahead of their acknowledgement",
    )
    batch_rows: int = setting(
        "GUARDIAN_BATCH_ROWS", default=5000, minimum=1, help="rows written together at most"
    )
    bad_share: float = setting(
        "GUARDIAN_BAD_SHARE",
        default=0.05,
        minimum=0,
        maximum=1,
        help="share of reports of 5 minutes that may be unusable before ingest raises an alarm",
    )
    batch_age_s: float = setting(
        "GUARDIAN_BATCH_AGE_S",
        default=0.2,
        minimum=0.001,
        maximum=0.5,
        help="how long a lone row waits for others",
    )

    @property
    def client_id(self) -> str:
        """Return the MQTT client id."""
        return f"svc.ingest.{self.instance}"
