"""Guardian's processes on loopback, all their files in one folder."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from broker_config.enrolment import Enrolment
from contract.errors import GuardianError
from device_agent.local_socket import FILE_NAME
from guardian.demo.children import Child, Children
from guardian.demo.probes import HOST, find_mosquitto, free_ports, healthy, listening
from runtime.clock import Clock
from runtime.lifecycle import Stopping

START_S = 30.0
"""How long anything may take to start; a slow board needs a third of it."""
POLL_S = 0.05
"""How often a starting process is looked at; it has no way to tell us."""
MAX_SOCKET_PATH_BYTES = 103
"""macOS has room for so many in a socket's address, Linux for 107."""


class StoppedError(GuardianError):
    """Somebody ended it while it was starting."""


class StartError(GuardianError):
    """One of Guardian's processes did not come up in time."""


class FolderError(GuardianError):
    """The path of the folder is too long for an agent's socket; TMPDIR chooses another."""


class Scene:
    """Broker, ingest, dispatcher and trackers; each is started alone and may be started again."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        stopping: Stopping,
        *,
        store: Mapping[str, str] | None = None,
        temporary: bool = False,
    ) -> None:
        """Take the folder for everything, and the telemetry store's settings (default: SQLite).

        A temporary folder is removed if we are killed; otherwise whoever made it removes it.
        """
        self.folder = folder
        self.pki = folder / "pki"
        self.children = Children(folder, temporary=temporary)
        self.store = dict(store or {"GUARDIAN_TELEMETRY_STORE": f"sqlite:///{folder}/telemetry.db"})
        self.database_url = f"sqlite:///{folder}/incidents.db"
        self.tracker_port, self.service_port, self.http_port, self.ingest_port = free_ports(4)
        self.enrolment = Enrolment(self.pki)
        self._clock = clock
        self._stopping = stopping

    @property
    def broker_url(self) -> str:
        """The trackers' listener."""
        return f"mqtts://{HOST}:{self.tracker_port}"

    @property
    def console_url(self) -> str:
        """The console and the API."""
        return f"http://{HOST}:{self.http_port}"

    @property
    def ca(self) -> Path:
        """What clients verify the broker by."""
        return self.pki / "services" / "svc.tool.1" / "ca.crt"

    def prepare(self, *, bind: str = HOST) -> None:
        """Make both authorities, the certificates and the broker's configuration."""
        self.enrolment.init(
            [HOST, "localhost"],
            self._now(),
            tracker_port=self.tracker_port,
            service_port=self.service_port,
            tracker_address=bind,
            service_address=bind,
        )

    def enrol(self, device: str) -> Path:
        """Return the folder of a new tracker's bundle."""
        out = self.folder / "trackers" / device
        out.parent.mkdir(exist_ok=True)
        self.enrolment.add(device, self._now(), out=out, brokers=[self.broker_url])
        return out

    def start_broker(self) -> Child:
        """Start Mosquitto and wait until it listens."""
        child = self.children.start("broker", [find_mosquitto(), "-c", self.broker_config])
        self.wait(lambda: all(map(listening, (self.tracker_port, self.service_port))), child)
        return child

    @property
    def broker_config(self) -> Path:
        """Where the broker's configuration is."""
        return self.pki / "broker" / "mosquitto.conf"

    def start_ingest(self) -> Child:
        """Start ingest and wait until it is connected."""
        environment = self.service("ingest") | {
            "GUARDIAN_METRICS_BIND": f"{HOST}:{self.ingest_port}",
            "GUARDIAN_SHARE_NAME_FILE": str(self.pki / "services" / "svc.ingest.1" / "share_name"),
        }
        child = self.children.guardian("ingest", ["ingest", "run"], environment)
        self.wait(lambda: healthy(f"http://{HOST}:{self.ingest_port}/healthz"), child)
        return child

    def start_dispatcher(self, settings: Mapping[str, str] | None = None) -> Child:
        """Start the dispatcher and wait until its API answers."""
        environment = self.service("dispatcher") | {
            "GUARDIAN_DATABASE_URL": self.database_url,
            "GUARDIAN_HTTP_BIND": f"{HOST}:{self.http_port}",
            "GUARDIAN_CONSOLE_URL": self.console_url,
            **(settings or {}),
        }
        child = self.children.guardian("dispatcher", ["dispatcher", "run"], environment)
        self.wait(lambda: healthy(f"{self.console_url}/healthz"), child)
        return child

    def start_agent(self, bundle: Path, serial_port: str, settings: Mapping[str, str]) -> Child:
        """Start the agent of a tracker whose button is SIGUSR1.

        Raises:
            FolderError: its socket cannot lie in our folder.
        """
        device = bundle.name
        excess = len(os.fsencode(self.state(device) / FILE_NAME)) - MAX_SOCKET_PATH_BYTES
        if excess > 0:
            raise FolderError(
                f"{self.folder.parent} is {excess} bytes too long for sockets in it; "
                "set TMPDIR to a shorter folder, such as /tmp"
            )
        environment = {
            "GUARDIAN_SERIAL_PORT": serial_port,
            "GUARDIAN_STATE_DIR": str(self.state(device)),
            "GUARDIAN_BUTTONS": "signal",
            **settings,
        }
        config = str(bundle / "agent.toml")
        return self.children.guardian(device, ["agent", "run", "--config", config], environment)

    def state(self, name: str) -> Path:
        """Return the folder where a process keeps its files."""
        folder = self.folder / "state" / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def service(self, name: str) -> dict[str, str]:
        """Return the settings that our services share."""
        bundle = self.pki / "services" / f"svc.{name}.1"
        return {
            "GUARDIAN_BROKERS": f"mqtts://{HOST}:{self.service_port}",
            "GUARDIAN_CA_FILE": str(bundle / "ca.crt"),
            "GUARDIAN_CERT_FILE": str(bundle / "service.crt"),
            "GUARDIAN_KEY_FILE": str(bundle / "service.key"),
            "GUARDIAN_STATE_DIR": str(self.state(name)),
            **self.store,
        }

    def wait(self, ready: Callable[[], bool], child: Child) -> None:
        """Wait until a process is ready.

        Raises:
            ChildEndedError, StartError: it is not, and its last words.
            StoppedError: somebody ended the wait.
        """
        end = self._clock.monotonic() + START_S
        while not ready():
            self.children.check()
            if self._clock.monotonic() > end:
                raise StartError(
                    f"{child.name} is not ready after {START_S:.0f} s:\n{child.last_words()}"
                )
            if self._stopping.wait(POLL_S):
                raise StoppedError(f"stopped while {child.name} was starting")

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
