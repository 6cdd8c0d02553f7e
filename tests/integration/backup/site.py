"""A whole installation on one machine that can be lost, and trackers that are not."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from guardian.demo.scene import Scene
from tests.e2e.world import World

PRESSES = 60
"""Of the load: ten a second while a backup is made."""


class Site(World):
    """A world whose positions are in SQLite, and whose server's files can go all at once."""

    def __init__(self, folder: Path, database_url: str | None) -> None:
        nowhere: Any = None
        super().__init__(folder, nowhere)
        self.database_url = database_url or f"sqlite:///{self.state('dispatcher')}/incidents.db"

    def guardian(self, *words: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of Guardian's to its end."""
        return subprocess.run(
            [sys.executable, "-m", "guardian", *map(str, words)],
            capture_output=True, text=True, check=check, cwd=self.folder,
        )  # fmt: skip

    def press_all_the_time(self) -> None:
        """Let simulated trackers press ten times a second, until everything is killed."""
        words = ["simulate", "--pki", str(self.pki), "--devices", "12", "--rate", "1"]
        load = ["--duration", str(PRESSES / 10), "--panics", str(PRESSES)]
        self.children.guardian("load", [*words, *load], {})

    def backup(self, archive: Path) -> dict[str, dict[str, Any]]:
        """Make a backup; return all incidents that were committed before it began."""
        before = self.incidents()
        self.guardian(
            "backup", archive, "--database-url", self.database_url, "--pki", self.pki,
            "--dead-letters", self.state("ingest"), "--telemetry", self.folder / "telemetry.db",
        )  # fmt: skip
        return before

    def lose_the_server(self) -> None:
        """Kill broker, ingest, dispatcher and load, and lose what lay on the server's disk."""
        for name in ("dispatcher", "ingest", "load"):
            self.kill(name)
        self.broker.kill()
        lost = self.folder / "lost"
        lost.mkdir()
        for each in (self.pki, self.state("dispatcher"), self.state("ingest")):
            each.rename(lost / each.name)
        for each in self.folder.glob("telemetry.db*"):
            each.rename(lost / each.name)

    def restore(self, archive: Path) -> None:
        """Restore everything where it was."""
        self.guardian(
            "restore", archive, "--database-url", self.database_url, "--pki", self.pki,
            "--dead-letters", self.state("ingest"), "--telemetry", self.folder / "telemetry.db",
        )  # fmt: skip

    def start_again(self) -> None:
        """Start broker, ingest and dispatcher; the operator's token of before must do."""
        self.broker.start()
        self.start_ingest()
        self.start_dispatcher()

    def incidents(self) -> dict[str, dict[str, Any]]:
        """Return every incident in full, by its id."""
        found: dict[str, dict[str, Any]] = {}
        cursor = ""
        while True:
            page = self.api(f"incidents?limit=100{cursor}")
            for item in page["items"]:
                found[item["id"]] = self.api(f"incidents/{item['id']}")
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"

    def incident_of(self, device: str) -> dict[str, Any]:
        """Return the one incident of a tracker; fail when there are others."""
        (found,) = (each for each in self.incidents().values() if each["device"] == device)
        return found

    def now(self) -> datetime:
        """Return wall time."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)

    def service(self, name: str) -> dict[str, str]:
        """Return the settings of a service: positions are in a file."""
        return Scene.service(self, name)

    def _store_settings(self) -> dict[str, str]:
        return {"GUARDIAN_TELEMETRY_STORE": f"sqlite:///{self.folder}/telemetry.db"}
