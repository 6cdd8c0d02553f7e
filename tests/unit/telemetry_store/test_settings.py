"""Settings of the store."""

from pathlib import Path

import pytest

from runtime.settings import SettingsError, load
from telemetry_store.settings import StoreSettings


def read(**environ: str) -> StoreSettings:
    return load(StoreSettings, environ=environ)


def test_influxdb_is_the_default() -> None:
    """With its own port and our names."""
    settings = read(INFLUXDB_V2_TOKEN="t")
    assert settings.sqlite_path is None
    assert settings.influx.url == "http://127.0.0.1:8086"
    assert (settings.influx.telemetry_bucket, settings.influx.released_bucket) == (
        "telemetry",
        "released",
    )


@pytest.mark.parametrize(
    ("address", "path"),
    [("sqlite:///data/t.db", Path("data/t.db")), ("sqlite:////var/t.db", Path("/var/t.db"))],
)
def test_an_sqlite_address_is_a_path(address: str, path: Path) -> None:
    """Relative with three slashes, absolute with four."""
    assert read(GUARDIAN_TELEMETRY_STORE=address).sqlite_path == path


@pytest.mark.parametrize("address", ["sqlite:///", "sqlite://x", "postgres://x", "InfluxDB"])
def test_another_address_is_refused(address: str) -> None:
    """The error names the variable and what was expected."""
    with pytest.raises(SettingsError, match=r"GUARDIAN_TELEMETRY_STORE.*influxdb, or sqlite"):
        read(GUARDIAN_TELEMETRY_STORE=address)


def test_the_token_is_not_shown() -> None:
    """Not even in a traceback."""
    settings = read(INFLUXDB_V2_TOKEN="hush-hush")
    assert "hush" not in repr(settings)
    assert "hush" not in repr(settings.influx)


def test_positions_are_never_kept_for_ever() -> None:
    """A retention of nothing would mean so to InfluxDB."""
    with pytest.raises(SettingsError, match="GUARDIAN_TELEMETRY_RETENTION_DAYS"):
        read(GUARDIAN_TELEMETRY_RETENTION_DAYS="0")
