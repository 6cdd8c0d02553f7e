"""The stores behind an ingest process, read past it by the test."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path

from telemetry_store.influx.client import InfluxClient
from telemetry_store.influx.store import InfluxStore
from telemetry_store.port import TelemetryStore
from telemetry_store.settings import InfluxAddress, Retention
from telemetry_store.sqlite import SqliteStore
from tests.services.influxdb import InfluxDB

EVER = 2**52


def positions(store: TelemetryStore, device: str) -> list[int]:
    """Return the sequence numbers of all stored positions, in order of time."""
    return [each.location.seq for each in store.track(device, 0, EVER, 1_000_000)]


@dataclass
class Influx:
    """Buckets in the tests' InfluxDB."""

    server: InfluxDB
    address: InfluxAddress
    token_file: Path = field(default_factory=Path)
    is_down: bool = False

    def __post_init__(self) -> None:
        """Open what the test reads with: the administrator's token."""
        self.store = InfluxStore(self.address)
        self.client = InfluxClient(self.address.url, self.address.token, self.address.org)

    @classmethod
    def in_buckets_of_its_own(cls, server: InfluxDB) -> "Influx":
        """Name buckets that no other test uses."""
        mark = uuid.uuid4().hex[:8]
        return cls(
            server,
            InfluxAddress(
                url=server.url,
                org=server.org,
                token=server.token,
                telemetry_bucket=f"telemetry-{mark}",
                released_bucket=f"released-{mark}",
            ),
        )

    @property
    def environ(self) -> dict[str, str]:
        """What an ingest process needs to know."""
        return {
            "GUARDIAN_TELEMETRY_STORE": "influxdb",
            "INFLUXDB_V2_URL": self.address.url,
            "INFLUXDB_V2_ORG": self.address.org,
            "INFLUXDB_V2_TOKEN_FILE": str(self.token_file),
            "GUARDIAN_TELEMETRY_BUCKET": self.address.telemetry_bucket,
            "GUARDIAN_RELEASED_BUCKET": self.address.released_bucket,
        }

    def kill(self) -> None:
        """End the server as a power cut does."""
        self.server.kill()
        self.is_down = True

    def start(self) -> None:
        """Start the server again."""
        self.server.start()
        self.is_down = False

    def close(self) -> None:
        """Leave the server running for the next test."""
        if self.is_down:
            self.start()
        self.client.close()
        self.store.close()


class Sqlite:
    """A file that the test opens beside the ingest process."""

    def __init__(self, path: Path) -> None:
        self.store = SqliteStore(path, Retention(telemetry_days=30, released_days=365))
        self.environ = {"GUARDIAN_TELEMETRY_STORE": f"sqlite:///{path}"}

    def close(self) -> None:
        self.store.close()
