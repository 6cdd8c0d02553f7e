"""Settings that several processes share."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from contract.errors import InvalidIdError
from contract.ids import parse_service
from runtime.settings.bind import split_bind
from runtime.settings.declare import setting

LogLevel = Literal["debug", "info", "warning", "error"]
LogForm = Literal["auto", "json", "text"]


def _broker_url(text: str) -> None:
    """Refuse what is not mqtt://host:port or mqtts://host:port."""
    expected = "expected mqtts://host:port (or mqtt://host:port on a trusted network)"
    try:
        parts = urlsplit(text)
        complete = parts.hostname and parts.port
    except ValueError:
        raise ValueError(expected) from None
    extra = parts.username or parts.path or parts.query or parts.fragment
    if parts.scheme not in ("mqtt", "mqtts") or not complete or extra:
        raise ValueError(expected)


def instance_of(part: str) -> Callable[[str], None]:
    """Return the check of a `GUARDIAN_INSTANCE`, which becomes the name `svc.part.instance`."""

    def check(text: str) -> None:
        try:
            parse_service(f"svc.{part}.{text}")
        except InvalidIdError:
            raise ValueError("expected a-z, 0-9 and -") from None

    return check


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """How a process logs."""

    log_level: LogLevel = setting(
        "GUARDIAN_LOG_LEVEL", default="info", help="the least that is logged"
    )
    log_form: LogForm = setting(
        "GUARDIAN_LOG_FORMAT", default="auto", help="auto: text on a terminal, else JSON lines"
    )


@dataclass(frozen=True, kw_only=True)
class MetricsSettings:
    """Where a server shows its metrics."""

    metrics_bind: str | None = setting(
        "GUARDIAN_METRICS_BIND",
        default=None,
        check=split_bind,
        help="host:port of /metrics and /healthz, port 0 takes a free one; absent: none. Without a"
        " login: only the scraper may reach it. Shows no position and no device id",
    )

    @property
    def metrics_address(self) -> tuple[str, int] | None:
        """Return host and port to bind, if any."""
        return None if self.metrics_bind is None else split_bind(self.metrics_bind)


@dataclass(frozen=True, kw_only=True)
class BrokerSettings:
    """How a process reaches the brokers."""

    brokers: tuple[str, ...] = setting(
        "GUARDIAN_BROKERS",
        check=_broker_url,
        help="brokers in order of preference, mqtts://host:port, separated by commas",
    )
    ca_file: Path | None = setting(
        "GUARDIAN_CA_FILE", default=None, help="the authority that certified the brokers (PEM)"
    )
    cert_file: Path | None = setting(
        "GUARDIAN_CERT_FILE", default=None, help="this process's certificate (PEM)"
    )
    key_file: Path | None = setting(
        "GUARDIAN_KEY_FILE", default=None, help="the key of that certificate (PEM)"
    )
    username: str | None = setting(
        "GUARDIAN_USERNAME", default=None, help="only for brokers without certificates"
    )
    password: str | None = setting(
        "GUARDIAN_PASSWORD", default=None, secret=True, help="the password of that user name"
    )

    def __post_init__(self) -> None:
        """Refuse what cannot work; a type that has its own check calls this one."""
        if not self.brokers:
            raise ValueError("GUARDIAN_BROKERS: expected at least one broker")
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("GUARDIAN_CERT_FILE and GUARDIAN_KEY_FILE belong together")
        if self.ca_file is None and any(each.startswith("mqtts:") for each in self.brokers):
            raise ValueError("GUARDIAN_CA_FILE: is required for mqtts://")
