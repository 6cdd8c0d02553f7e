"""A district in which a little of everything has happened, through the real path.

Broker, ingest, dispatcher and broker watch are processes; the trackers are the simulator's, speak
MQTT over TLS and press; an operator acknowledges and closes over HTTP; Prometheus asks all of them.
"""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

from contract import codec
from contract.messages import Incident, Location, PanicKind, Status
from contract.topics import LOCATION, STATUS
from device_agent.agent import link_settings
from device_agent.settings import AgentSettings
from grafana.words import DISPOSITIONS
from guardian.demo.probes import HOST, free_ports
from guardian.simulator.run import Plan, Result, Simulation
from runtime.clock import SystemClock
from runtime.mqtt.interface import Incoming, Up
from runtime.mqtt.link import Link
from runtime.settings import load
from telemetry_store.port import open_store
from telemetry_store.rows import IncidentRow, ReleasedPosition
from telemetry_store.settings import StoreSettings
from tests.e2e.world import World
from tests.integration.dashboards.asking import Asker
from tests.integration.dashboards.prometheus_server import Prometheus
from tests.services.choice import wait_until
from tests.services.influxdb import InfluxDB

PRESSES: dict[PanicKind, tuple[str, ...]] = {
    "button": tuple(f"walker-{number}" for number in range(1, 9)),
    "call": ("caller",),
    "fall": ("hiker",),
    "tamper": ("rider",),
    "test": ("trainee",),
}
"""Who presses what; each kind is a crowd of its own."""
CANARY = "canary-1"
LOST = "vanished"
WEAK = "weak"
PRODUCTION = sum(len(devices) for kind, devices in PRESSES.items() if kind != "test")
_PORTS = ("dispatcher", "ingest", "broker")


class District:
    """The world, and the data sources that know what happened in it."""

    def __init__(self, folder: Path, influxdb: InfluxDB) -> None:
        self.world = World(folder, influxdb)
        ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        self.world.ingest_port = ports["ingest"]
        targets = {job: f"{HOST}:{port}" for job, port in ports.items()}
        self.world.start_servers({"GUARDIAN_METRICS_BIND": targets["dispatcher"]})
        self._start_watch(targets["broker"])
        self.prometheus = Prometheus(folder / "prometheus", targets)
        self.asker = Asker(
            influxdb=influxdb.url,
            bucket=self.world.store["GUARDIAN_RELEASED_BUCKET"],
            token=(folder / "tokens" / "grafana").read_text().strip(),
            prometheus=self.prometheus.url,
        )
        self._closed: list[str] = []

    def live(self) -> None:
        """Let everything happen, and return when both data sources know of it."""
        self._await("up == 1", len(_PORTS))
        with ThreadPoolExecutor() as pool:
            crowds = [pool.submit(self._crowd, kind, who) for kind, who in PRESSES.items()]
            crowds.append(pool.submit(self._crowd, "button", (CANARY,)))
            lost = pool.submit(self._lose)
            results = [crowd.result() for crowd in crowds]
            lost.result()
        assert all(not result.panics_unanswered for result in results)
        self._speak()
        self._release_tests()
        self._operate()
        self._settle()

    def incidents(self, **filters: str) -> list[dict[str, Any]]:
        """Return the dispatcher's incidents, the truth that the panels are held to."""
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        found: list[dict[str, Any]] = self.world.api(f"incidents?{query}")["items"]
        return found

    def end(self) -> None:
        """Stop everything."""
        self.prometheus.stop()
        self.world.end()

    def _start_watch(self, bind: str) -> None:
        bundle = self.world.pki / "services" / "svc.tool.1"
        environment = {
            "GUARDIAN_BROKERS": f"mqtts://{HOST}:{self.world.service_port}",
            "GUARDIAN_CA_FILE": str(bundle / "ca.crt"),
            "GUARDIAN_CERT_FILE": str(bundle / "service.crt"),
            "GUARDIAN_KEY_FILE": str(bundle / "service.key"),
            "GUARDIAN_METRICS_BIND": bind,
            "GUARDIAN_PKI_DIR": str(self.world.pki),
        }
        self.world.children.guardian("watch", ["broker", "watch"], environment)

    def _settings(self, device: str) -> AgentSettings:
        return load(AgentSettings, environ={}, config=self.world.enrol(device) / "agent.toml")

    def _crowd(self, kind: PanicKind, devices: tuple[str, ...]) -> Result:
        """Walk for two seconds and press once each."""
        settings = [self._settings(device) for device in devices]
        plan = Plan(rate=3, duration_s=2, panics=len(devices), kind=kind)
        return Simulation(settings, plan, SystemClock()).run(lambda _: None)

    def _lose(self) -> None:
        """Let a tracker's power fail while it is connected."""
        self.world.start_tracker(LOST)
        self.world.children.find(LOST).signal(signal.SIGKILL)

    def _speak(self) -> None:
        """Send what the simulator never does: a weak battery, and what cannot be stored."""
        voice = _Voice(self._settings(WEAK))
        status = Status(
            at=SystemClock().now_ms(), state="online", boot="0a0b0c0d", connect=1, battery=11,
            gps="no_fix", faults=["gps_port"],
        )  # fmt: skip
        voice.say(STATUS.of(WEAK), codec.encode(status))
        voice.say(LOCATION.of(WEAK), b"nonsense")
        voice.end()

    def _release_tests(self) -> None:
        """Release what is no production: the dispatcher does not, but no panel relies on it."""
        settings = load(
            StoreSettings,
            environ=self.world.store | {"INFLUXDB_V2_TOKEN": self.world.influxdb.token},
        )
        store = open_store(settings)
        now = SystemClock().now_ms()
        for class_ in ("test", "canary"):
            incident = Incident(
                incident=f"of-a-{class_}", version=1, class_=class_, origin="panic", state="raised",
                kind="button", priority=1, marks=[], device=class_, opened_at=now,
                pressed_at=now, acknowledged_at=now + 900_000, disposition="helped",
            )  # fmt: skip
            place = Location(boot="00000000", seq=1, time=now, lat=25.04, lon=121.56)
            store.release(
                [IncidentRow(incident, now), ReleasedPosition(incident.incident, class_, place)]
            )
        store.close()

    def _operate(self) -> None:
        """Close a walker's incident with each disposition, and acknowledge one more."""
        opened = {each["device"]: each["id"] for each in self.incidents()}
        walkers = PRESSES["button"]
        for device, disposition in zip(walkers, DISPOSITIONS, strict=False):
            path = f"incidents/{opened[device]}"
            self.world.api(f"{path}/acknowledge", {})
            self.world.api(f"{path}/close", {"disposition": disposition, "note": "as it was"})
            self._closed.append(device)
        self.world.api(f"incidents/{opened[walkers[len(DISPOSITIONS)]]}/acknowledge", {})

    def _settle(self) -> None:
        """Wait until the released bucket and Prometheus have it all."""
        newest = 'SELECT last("state") AS "state" FROM "incident" GROUP BY "incident"'
        wait_until(
            lambda: (
                [row["state"] for row in self.asker.influx(newest)].count("closed")
                == len(self._closed)
            ),
            "the released bucket to know of the closed incidents",
        )
        lost = f'SELECT "at" FROM "status" WHERE "device" = \'{LOST}\' AND "state" = \'lost\''
        wait_until(lambda: self.asker.influx(lost), "the last will of the lost tracker", 60)
        raised = [each for each in self.incidents(state="raised") if each["class"] == "production"]
        self._await(f"guardian_incidents_unacknowledged == {len(raised)}", 1)
        self._await("guardian_press_acknowledged_seconds_count > 0", 1)
        self._await("increase(guardian_ingest_dead_letters_total[1m])", 1)
        self._await("increase(guardian_ingest_lag_seconds_count[1m]) > 0", 1)

    def _await(self, promql: str, series: int) -> None:
        wait_until(lambda: len(self.asker.labels(promql)) >= series, f"{promql} in Prometheus")


class _Voice:
    """A tracker that says what it is told."""

    def __init__(self, settings: AgentSettings) -> None:
        self._up, self._heard = Event(), Event()
        self._link = Link(link_settings(settings), self, subscriptions=())
        self._link.start()
        assert self._up.wait(10), "the voice did not connect"

    def say(self, topic: str, payload: bytes) -> None:
        """Publish, and wait until the broker has it."""
        self._heard.clear()
        self._link.publish(topic, payload)
        assert self._heard.wait(10), "the broker did not take it"

    def end(self) -> None:
        self._link.stop()

    def on_up(self, up: Up) -> None:
        self._up.set()

    def on_down(self, connection: int, reason: str) -> None:
        pass

    def on_message(self, message: Incoming) -> None:
        pass

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        self._heard.set()
