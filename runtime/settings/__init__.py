"""Settings: frozen dataclasses filled from environment variables and one TOML file.

A settings type is a frozen, keyword-only dataclass whose fields are `setting(...)`:

    @dataclass(frozen=True, kw_only=True)
    class IngestSettings(BrokerSettings, LogSettings):
        batch_rows: int = setting("GUARDIAN_BATCH_ROWS", default=5000, minimum=1, help="...")
        influx_token: str | None = setting("INFLUXDB_V2_TOKEN", default=None, secret=True)

    settings = load(IngestSettings, environ=os.environ, config=path_or_none)

The environment wins over the file. An empty variable counts as not set. The TOML key is the
variable in lower case without `GUARDIAN_`. A secret may also be named by a file: `<VARIABLE>_FILE`,
in TOML `<key>_file`.
"""

from runtime.settings.declare import SettingsError, setting
from runtime.settings.groups import BrokerSettings, LogSettings, MetricsSettings
from runtime.settings.load import load
from runtime.settings.table import Row, help_text, markdown, rows

__all__ = [
    "BrokerSettings",
    "LogSettings",
    "MetricsSettings",
    "Row",
    "SettingsError",
    "help_text",
    "load",
    "markdown",
    "rows",
    "setting",
]
