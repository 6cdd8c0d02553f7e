"""Broker, store, ingest and trackers, joined by cables, and a run in which all of it fails."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from guardian.demo.probes import free_ports
from telemetry_store.influx.setup import set_up_influx
from telemetry_store.settings import Retention
from tests.integration.ingest.conftest import Broker
from tests.integration.ingest.process import IngestProcess
from tests.integration.ingest.stores import EVER, Influx
from tests.integration.kills.cable import Cable
from tests.integration.kills.faults import Fault, Target
from tests.integration.kills.fleet import Fleet
from tests.services.choice import wait_until
from tests.services.influxdb import InfluxDB


@dataclass(frozen=True)
class Size:
    """How much of everything a run has."""

    trackers: int = 20
    rate: float = 100.0
    """Positions a second of all trackers together."""
    speed: float = 120.0
    """So many times faster run the trackers' pauses; a location's first is 120 s."""

    @property
    def stored_every_s(self) -> float:
        """Return a quarter of a location's first pause: in the contract it is half."""
        return 30.0 / self.speed


@dataclass
class Outcome:
    """What was sent, what is stored, and what went wrong meanwhile."""

    sent: set[tuple[str, int]]
    stored: list[tuple[str, int]]
    """With repetitions, if there are any."""
    faults: Counter[str]
    dropped: int
    unnamed: int
    settled_s: float

    @property
    def lost(self) -> set[tuple[str, int]]:
        return self.sent - set(self.stored)

    @property
    def exact(self) -> bool:
        """Say whether each position that was sent is stored once, and nothing else."""
        return sorted(self.stored) == sorted(self.sent) and not self.unnamed


@dataclass
class Site:
    """Everything that runs, and what hits it."""

    broker: Broker
    influx: Influx
    ingest: IngestProcess
    cables: dict[Target, Cable]
    fleet: Fleet
    faults: Counter[str] = field(default_factory=Counter)

    def run(self, plan: list[Fault], say: Callable[[str], None] = lambda _: None) -> Outcome:
        """Let every fault of the plan happen, mend all, and wait until all trackers are content."""
        began = time.monotonic()
        for at, fault, begins in _agenda(plan):
            time.sleep(max(0.0, began + at - time.monotonic()))
            assert self.fleet.alive, "the trackers' thread has ended"
            if begins:
                self.faults[fault.name] += 1
                self._break(fault)
            else:
                self._mend(fault)
            say(f"{at:7.1f} s {fault.name} {'begins' if begins else 'ends'}")
        self.fleet.rest()
        return self._settle()

    def _break(self, fault: Fault) -> None:
        match fault.target, fault.way:
            case "ingest", _:
                self.ingest.kill()
            case "broker", _:
                self.broker.server.kill()
            case "influxdb", _:
                self.influx.kill()
            case link, "cut":
                self.cables[link].cut()
            case link, _:
                self.cables[link].silence()

    def _mend(self, fault: Fault) -> None:
        match fault.target:
            case "ingest":
                self.ingest.launch()
            case "broker":
                self.broker.server.start()
            case "influxdb":
                self.influx.start()
            case link:
                self.cables[link].mend()

    def _settle(self) -> Outcome:
        started = time.monotonic()
        wait_until(
            lambda: self.fleet.waiting == 0 or not self.fleet.alive, "every position named", 300
        )
        took = time.monotonic() - started
        trackers = self.fleet.trackers
        return Outcome(
            sent={(each.device, at) for each in trackers for at in each.times},
            stored=[
                (each.device, row.location.time)
                for each in trackers
                for row in self.influx.store.track(each.device, 0, EVER, 1_000_000)
            ],
            faults=self.faults,
            dropped=self.fleet.dropped,
            unnamed=self.fleet.waiting,
            settled_s=took,
        )


@contextmanager
def site(folder: Path, server: InfluxDB, size: Size) -> Iterator[Site]:
    """Start everything; the server's address is reached by ingest through a cable."""
    with ExitStack() as stack:
        (folder / "broker").mkdir()
        broker = Broker(folder / "broker")
        broker.server.start()
        stack.callback(broker.server.stop)
        influx = Influx.in_buckets_of_its_own(server)
        stack.callback(influx.close)
        tokens = folder / "tokens"
        set_up_influx(influx.address, Retention(telemetry_days=30, released_days=365), tokens)
        influx.token_file = tokens / "ingest"
        cables: dict[Target, Cable] = {
            "tracker link": Cable(_port(broker.url)),
            "broker link": Cable(_port(broker.url)),
            "store link": Cable(_port(server.url)),
        }
        for each in cables.values():
            stack.callback(each.close)
        ingest = IngestProcess(_environ(folder, influx, cables, size), folder / "ingest.log")
        ingest.start()
        stack.callback(ingest.kill)
        address = f"mqtt://127.0.0.1:{cables['tracker link'].port}"
        fleet = Fleet(address, size.trackers, size.rate, size.speed)
        fleet.start()
        stack.callback(fleet.stop)
        yield Site(broker, influx, ingest, cables, fleet)


def _environ(
    folder: Path, influx: Influx, cables: dict[Target, Cable], size: Size
) -> dict[str, str]:
    return {
        **influx.environ,
        "GUARDIAN_BROKERS": f"mqtt://127.0.0.1:{cables['broker link'].port}",
        "INFLUXDB_V2_URL": f"http://127.0.0.1:{cables['store link'].port}",
        "GUARDIAN_INSTANCE": "1",
        "GUARDIAN_STATE_DIR": str(folder / "state"),
        "GUARDIAN_METRICS_BIND": f"127.0.0.1:{free_ports(1)[0]}",
        "GUARDIAN_STORED_EVERY_S": str(size.stored_every_s),
    }


def _agenda(plan: list[Fault]) -> list[tuple[float, Fault, bool]]:
    """Return beginnings and ends in order of time; at one instant an end comes first."""
    steps = [(fault.at, fault, True) for fault in plan]
    steps += [(fault.at + fault.lasts, fault, False) for fault in plan]
    return sorted(steps, key=lambda each: (each[0], each[2]))


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
