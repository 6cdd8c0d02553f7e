"""An installation on disk without a process: database, PKI, settings, dead letters, positions."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from broker_config.enrolment import Enrolment
from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from guardian.backup.places import Places
from tests.released import files

NOW_MS = 1_800_000_000_000


@dataclass(frozen=True)
class Installation:
    """Where everything is."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "var/dispatcher/incidents.db"

    @property
    def pki(self) -> Path:
        return self.root / "etc/pki"

    @property
    def config(self) -> Path:
        return self.root / "etc/dispatcher.toml"

    @property
    def places(self) -> Places:
        return Places(
            database_url=f"sqlite:///{self.database}",
            pki=self.pki,
            settings=(self.root / "etc",),
            dead_letters=self.root / "var/ingest",
            telemetry=self.root / "var/telemetry.db",
        )


def make(root: Path) -> Installation:
    """Make one."""
    made = Installation(root)
    made.database.parent.mkdir(parents=True)
    database = Database(f"sqlite:///{made.database}")
    upgrade(database)
    database.close()
    Enrolment(made.pki).init(["h.example"], datetime.fromtimestamp(NOW_MS / 1000, UTC))
    made.config.write_text('state_dir = "../var/dispatcher"\n')
    made.config.chmod(0o640)
    (root / "var/ingest").mkdir()
    files.tell("dead-letters", root / "var/ingest/dead-letters-1.db")
    files.tell("telemetry", root / "var/telemetry.db")
    return made
