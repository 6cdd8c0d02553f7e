from pathlib import Path
from typing import Any

import pytest

from dispatcher.settings import DispatcherSettings
from runtime.settings import SettingsError, load

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="


def settings(**environ: str) -> DispatcherSettings:
    good = {"GUARDIAN_BROKERS": "mqtt://127.0.0.1:1"}
    return load(DispatcherSettings, environ={**good, **environ}, config=None)


def test_a_broker_is_all_that_is_needed() -> None:
    read = settings(GUARDIAN_STATE_DIR="/var/lib/guardian")
    assert read.incident_database == "sqlite:////var/lib/guardian/incidents.db"
    assert (read.http_host, read.http_port) == ("127.0.0.1", 8443)
    assert read.client_id == "svc.dispatcher.1"
    assert read.webhook is None


def test_the_database_can_be_elsewhere() -> None:
    url = "postgresql://guardian@db/incidents"
    assert settings(GUARDIAN_DATABASE_URL=url).incident_database == url


def test_a_webhook_has_its_secrets_and_its_networks(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET} {SECRET}\n")
    target = settings(
        GUARDIAN_WEBHOOK_URL="https://hooks.example/guardian",
        GUARDIAN_WEBHOOK_SECRET_FILE=str(secret),
        GUARDIAN_WEBHOOK_ALLOW="10.1.0.0/16,::1/128",
        GUARDIAN_CONSOLE_URL="https://console.example",
    ).webhook
    assert target is not None
    assert target.secrets == (SECRET, SECRET)
    assert [str(network) for network in target.allowed] == ["10.1.0.0/16", "::1/128"]
    assert not target.full
    assert SECRET not in repr(target)


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"GUARDIAN_DATABASE_URL": "mysql://x"}, "GUARDIAN_DATABASE_URL"),
        ({"GUARDIAN_HTTP_BIND": "8443"}, "GUARDIAN_HTTP_BIND"),
        ({"GUARDIAN_HTTP_BIND": "127.0.0.1:99999"}, "GUARDIAN_HTTP_BIND"),
        ({"GUARDIAN_HTTP_CERT_FILE": "cert.pem"}, "GUARDIAN_HTTP_KEY_FILE"),
        ({"GUARDIAN_WEBHOOK_ALLOW": "10.0.0.1/8"}, "GUARDIAN_WEBHOOK_ALLOW"),
        ({"GUARDIAN_WEBHOOK_URL": "https://x.example/"}, "GUARDIAN_WEBHOOK_SECRET"),
        (
            {"GUARDIAN_WEBHOOK_URL": "ftp://x/", "GUARDIAN_WEBHOOK_SECRET": SECRET},
            "GUARDIAN_WEBHOOK_URL",
        ),
        (
            {"GUARDIAN_WEBHOOK_URL": "https://x.example/", "GUARDIAN_WEBHOOK_SECRET": "whsec_é"},
            "GUARDIAN_WEBHOOK_SECRET",
        ),
        ({"GUARDIAN_MAP_TILES_URL": "https://tiles.example/"}, "GUARDIAN_MAP_TILES_URL"),
        ({"GUARDIAN_MAP_TILES_MAX_ZOOM": "23"}, "GUARDIAN_MAP_TILES_MAX_ZOOM"),
        ({"GUARDIAN_INSTANCE": "A.1"}, "GUARDIAN_INSTANCE"),
        ({"GUARDIAN_BROKERS": ""}, "GUARDIAN_BROKERS"),
    ],
)
def test_what_cannot_work_is_refused_by_name(environ: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        settings(**environ)


def test_no_secret_is_shown() -> None:
    read = settings(
        GUARDIAN_WEBHOOK_URL="https://x.example/", GUARDIAN_WEBHOOK_SECRET=SECRET,
        GUARDIAN_DATABASE_URL="postgresql://guardian:geheim@db/incidents",
    )  # fmt: skip
    assert SECRET not in repr(read)
    assert "geheim" not in repr(read)


def test_ipv6_addresses_can_be_bound() -> None:
    read = settings(GUARDIAN_HTTP_BIND="[::1]:0")
    assert (read.http_host, read.http_port) == ("::1", 0)
