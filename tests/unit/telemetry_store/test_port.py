"""Which store the settings name."""

from pathlib import Path

from telemetry_store.influx.store import InfluxStore
from telemetry_store.port import open_store
from telemetry_store.settings import StoreSettings
from telemetry_store.sqlite import SqliteStore


def test_the_settings_say_which_store(tmp_path: Path) -> None:
    """SQLite opens its file; InfluxDB is not reached before the first call."""
    file = tmp_path / "t.db"
    embedded = open_store(StoreSettings(telemetry_store=f"sqlite:///{file}"))
    server = open_store(StoreSettings(influx_url="http://127.0.0.1:9"))
    assert isinstance(embedded, SqliteStore)
    assert file.exists()
    assert isinstance(server, InfluxStore)
    embedded.close()
    server.close()
