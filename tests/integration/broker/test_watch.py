"""`guardian broker watch` beside a real broker."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from broker_config import authority, registry
from broker_config.pki import PkiFolder
from broker_config.watch.server_certificate import server_certificate
from guardian.demo.probes import free_ports
from runtime.mqtt.address import BrokerAddress
from tests.integration.broker.party import Crowd
from tests.integration.broker.site import Site, start_site
from tests.services.choice import wait_until

pytestmark = pytest.mark.integration

UP = "guardian_broker_up"
DROPPED = "guardian_broker_messages_dropped_total"
CONNECTED = "guardian_broker_clients_connected"
ENDS = "guardian_certificate_expiry_timestamp_seconds"
BOUND = 50


class Watch:
    """The process, its log and its page."""

    def __init__(self, site: Site, log: Path) -> None:
        keys = site.service("svc.tool.1")
        self.port = free_ports(1)[0]
        self._log = log
        environ = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "GUARDIAN_BROKERS": f"mqtts://localhost:{site.service_port}",
            "GUARDIAN_CA_FILE": str(keys.ca),
            "GUARDIAN_CERT_FILE": str(keys.cert),
            "GUARDIAN_KEY_FILE": str(keys.key),
            "GUARDIAN_METRICS_BIND": f"127.0.0.1:{self.port}",
            "GUARDIAN_PKI_DIR": str(site.folder),
            "GUARDIAN_LOG_FORMAT": "json",
        }
        command = [sys.executable, "-m", "guardian", "broker", "watch"]
        with log.open("wb") as out:
            self._process = subprocess.Popen(command, env=environ, stdout=out, stderr=out)

    def page(self) -> dict[tuple[str, ...], float]:
        """Return the samples by name and label values; none while nobody answers."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/metrics", timeout=5
            ) as answer:
                text = answer.read().decode()
        except (urllib.error.URLError, ConnectionError):
            return {}
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def value(self, name: str) -> float | None:
        """Return the one sample of this name, if it is there."""
        return next((value for key, value in self.page().items() if key[0] == name), None)

    def wait_for(self, name: str, value: float | None) -> None:
        wait_until(lambda: self.value(name) == value, f"{name} {value}; it said:\n{self.log()}")

    def stop(self) -> int:
        """End it in order and return its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    def log(self) -> str:
        return self._log.read_text()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A broker that speaks of itself every second, with a short queue."""
    made = start_site(tmp_path, max_queued_messages=BOUND)
    made.broker.stop()
    config = tmp_path / "pki" / "broker" / "mosquitto.conf"
    config.write_text("sys_interval 1\n" + config.read_text())
    made.broker.start()
    yield made
    made.broker.stop()


@pytest.fixture
def watch(site: Site, tmp_path: Path) -> Iterator[Watch]:
    started = Watch(site, tmp_path / "watch.log")
    yield started
    started.stop()


def test_clients_and_drops_are_seen(site: Site, watch: Watch, crowd: Crowd) -> None:
    """A queue that overflows is the moment at which somebody must look."""
    watch.wait_for(DROPPED, 0)
    own = crowd.join(site.add("tracker-q"), site.tracker_port, "tracker-q")
    watch.wait_for(CONNECTED, 2)
    ingest = (site.service("svc.ingest.1"), site.service_port, "svc.ingest.1")
    topic = "guardian/v1/tracker-q/location"
    crowd.join(*ingest, clean=False).subscribe(topic).disconnect()
    for number in range(BOUND * 2):
        own.publish(topic, b"%d" % number)
    wait_until(lambda: (watch.value(DROPPED) or 0) >= BOUND * 0.9, "the drops to be counted")
    assert (watch.value("guardian_broker_messages_queued") or 0) >= BOUND
    assert (watch.value("guardian_broker_messages_received_total") or 0) >= BOUND * 2
    assert watch.stop() == 0


def test_a_broker_that_dies_leaves_no_old_number(site: Site, watch: Watch) -> None:
    watch.wait_for(CONNECTED, 1)
    watch.wait_for(UP, 1)
    site.broker.kill()
    watch.wait_for(UP, 0)
    of_the_broker = [key for key in watch.page() if key[0].startswith("guardian_broker_")]
    assert [key[0] for key in of_the_broker] == [UP]
    site.broker.start()
    watch.wait_for(UP, 1)
    watch.wait_for(CONNECTED, 1)


def test_certificates_are_seen_and_no_device_is_named(site: Site, watch: Watch) -> None:
    broker = f"broker:localhost:{site.service_port}"
    watch.wait_for(UP, 1)
    wait_until(lambda: (ENDS, broker) in watch.page(), "the broker's certificate")
    page = watch.page()
    never = authority.NEVER.timestamp()
    for name in ("own", "authority:trackers", "authority:services", "service:svc.ingest.1", broker):
        assert page[ENDS, name] == never
    nine_years = datetime.now(UTC) + timedelta(days=9 * 365)
    assert page[ENDS, "crl:trackers"] > nine_years.timestamp()
    assert page["guardian_tracker_certificates_expiring", "60"] == 0


def test_a_tracker_whose_certificate_ends_soon_is_counted(site: Site, tmp_path: Path) -> None:
    site.add("tracker-old")
    pki = PkiFolder(site.folder)
    text = pki.registry.read_text()
    end = registry.load(pki.registry).of("tracker-old")[0].expires_at
    near = datetime.now(UTC) + timedelta(days=30)
    stamp = end.isoformat().replace("+00:00", "Z")
    assert stamp in text
    pki.registry.write_text(text.replace(stamp, near.isoformat().replace("+00:00", "Z")))
    watch = Watch(site, tmp_path / "watch.log")
    try:
        watch.wait_for("guardian_tracker_certificates_expiring", 1)
        assert not [key for key in watch.page() if "tracker-old" in key]
    finally:
        watch.stop()


def test_a_broker_that_nobody_vouches_for_shows_no_certificate(site: Site, tmp_path: Path) -> None:
    keys = site.service("svc.tool.1")
    other = tmp_path / "other.crt"
    other.write_bytes(authority.certificate_pem(authority.create_authority("service")))
    address = BrokerAddress("localhost", site.service_port, tls=True)
    assert server_certificate(address, keys.ca, keys.cert, keys.key)
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        server_certificate(address, other, keys.cert, keys.key)
    with pytest.raises(OSError, match="no host name"):
        server_certificate(BrokerAddress("a" * 64, 1, tls=True), keys.ca, keys.cert, keys.key)
