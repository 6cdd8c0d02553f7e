"""All of Guardian as processes, with a broker and a store that the test can kill."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from contract.messages import Location
from dispatcher.accounts import Accounts
from dispatcher.store.engine import Database
from guardian.demo.scene import Scene
from runtime.clock import SystemClock
from runtime.lifecycle import Stopping
from runtime.settings import load
from telemetry_store.port import open_store
from telemetry_store.settings import StoreSettings
from tests.e2e.receiver import TestReceiver
from tests.services.choice import BIND, wait_until
from tests.services.influxdb import InfluxDB
from tests.services.mosquitto import Mosquitto, mosquitto


class World(Scene):
    """A scene whose broker may be a container and whose store is a real InfluxDB."""

    def __init__(self, folder: Path, influxdb: InfluxDB) -> None:
        super().__init__(folder, SystemClock(), Stopping())
        self.influxdb = influxdb
        self.store = self._store_settings()
        self.prepare(bind=BIND)
        self.broker: Mosquitto = mosquitto(self.broker_config, self.tracker_port, self.service_port)
        self.receivers: list[TestReceiver] = []
        self.token = ""

    def start_servers(self, settings: dict[str, str] | None = None) -> None:
        """Start broker, ingest and dispatcher, and make an operator's token."""
        self.broker.start()
        self.start_ingest()
        self.start_dispatcher(settings)
        database = Database(self.database_url)
        accounts = Accounts(database, SystemClock())
        accounts.add_user("operator", "a long password")
        self.token = accounts.add_token("test", user="operator")
        database.close()

    def start_tracker(self, device: str, **settings: str) -> TestReceiver:
        """Enrol a tracker and start its agent, which reports every fix."""
        receiver = TestReceiver()
        self.receivers.append(receiver)
        agent = {"GUARDIAN_INTERVAL_S": "0", **settings}
        self.start_agent(self.enrol(device), receiver.port, agent)
        wait_until(lambda: self.agent(device)["link"]["up"], f"{device} to connect")
        return receiver

    def now_ms(self) -> int:
        """Return wall time, ms since 1970."""
        return SystemClock().now_ms()

    def press(self, device: str) -> None:
        """Press the button."""
        self.children.find(device).signal(signal.SIGUSR1)

    def agent(self, device: str) -> dict[str, Any]:
        """Ask the agent how it is; an agent that is still starting knows of no connection."""
        with socket.socket(socket.AF_UNIX) as local:
            local.settimeout(5)
            try:
                local.connect(str(self.state(device) / "agent.sock"))
            except (FileNotFoundError, ConnectionRefusedError):
                return {"link": {"up": False}}
            local.sendall(b'{"do":"status"}\n')
            with local.makefile("rb") as answers:
                answer: dict[str, Any] = json.loads(answers.readline())
        return answer

    def stages(self, device: str) -> list[str | None]:
        """Return the stage of each press, as the tracker knows it."""
        return [press["stage"] for press in self.agent(device)["panics"]]

    def api(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call the dispatcher's API as the operator."""
        request = Request(
            f"{self.console_url}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}"},
        )
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def track(self, device: str) -> list[tuple[int, float, float]]:
        """Return all positions in the store: time in ms, degrees."""
        return [(each.time, each.lat, each.lon) for each in self.reports(device)]

    def reports(self, device: str) -> list[Location]:
        """Return all reports in the store, by their time."""
        environ = self.store | {
            "INFLUXDB_V2_TOKEN": self.influxdb.token,
            "GUARDIAN_TELEMETRY_STORE": "influxdb",
        }
        store = open_store(load(StoreSettings, environ=environ))
        try:
            rows = store.track(device, 0, 2**42, 1_000_000)
        finally:
            store.close()
        return [row.location for row in rows]

    def kill(self, name: str) -> None:
        """Kill ingest or the dispatcher as a power cut does."""
        self.children.kill(self.children.find(name))

    def end(self) -> None:
        """Stop everything."""
        self.children.stop()
        self.broker.stop()
        for receiver in self.receivers:
            receiver.unplug()

    def _store_settings(self) -> dict[str, str]:
        """Make buckets and scoped tokens of this test's own with `guardian store init`."""
        suffix = secrets.token_hex(4)
        address = {
            "GUARDIAN_TELEMETRY_STORE": "influxdb",
            "INFLUXDB_V2_URL": self.influxdb.url,
            "INFLUXDB_V2_ORG": self.influxdb.org,
            "GUARDIAN_TELEMETRY_BUCKET": f"telemetry-{suffix}",
            "GUARDIAN_RELEASED_BUCKET": f"released-{suffix}",
        }
        subprocess.run(
            [sys.executable, "-m", "guardian", "store", "init", "--tokens", self.folder / "tokens"],
            env=os.environ | address | {"INFLUXDB_V2_TOKEN": self.influxdb.token},
            check=True,
        )
        return address

    def service(self, name: str) -> dict[str, str]:
        """Give each service the token that `store init` made for it."""
        token = self.folder / "tokens" / name
        return super().service(name) | {"INFLUXDB_V2_TOKEN_FILE": str(token)}
