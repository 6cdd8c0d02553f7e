"""A broker with the configuration, access lists and certificates that enrolment makes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from broker_config import authority
from broker_config.broker_process import Reload
from broker_config.enrolment import Enrolment
from broker_config.pki import PkiFolder
from guardian.demo.probes import HOST, free_ports
from tests.services.choice import BIND
from tests.services.mosquitto import Mosquitto, mosquitto

NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Keys:
    """What a party connects with; without a certificate it is a stranger."""

    ca: Path
    cert: Path | None = None
    key: Path | None = None


@dataclass
class Handle:
    """The broker as enrolment sees it; a container's process ids mean nothing out here."""

    process: Mosquitto

    def reload(self) -> Reload:
        self.process.reload()
        return "reloaded"

    def started_at(self) -> datetime | None:
        return None


@dataclass
class Site:
    """A PKI and its running broker."""

    folder: Path
    tracker_port: int
    service_port: int
    enrolment: Enrolment
    broker: Mosquitto

    def service(self, name: str) -> Keys:
        """Return the keys of a service that was enrolled."""
        bundle = self.folder / "services" / name
        return Keys(bundle / "ca.crt", bundle / "service.crt", bundle / "service.key")

    def add(self, device: str) -> Keys:
        """Enrol a tracker."""
        out = self.folder.parent / device
        self.enrolment.add(device, datetime.now(UTC), out=out)
        return tracker_keys(out)

    def forged(self, kind: authority.Kind, name: str) -> Keys:
        """Return keys with any name, signed by an authority behind the back of enrolment."""
        ca = PkiFolder(self.folder).authority(kind)
        made = authority.make_client(ca, name, authority.NEVER)
        return self._written(name, made)

    def server(self) -> Keys:
        """Return the broker's own certificate and key."""
        broker = self.folder / "broker"
        return Keys(self.ca, broker / "server.crt", broker / "server.key")

    @property
    def ca(self) -> Path:
        return self.folder / "broker" / "services-ca.crt"

    def _written(self, name: str, made: authority.Identity) -> Keys:
        folder = self.folder.parent / "forged"
        folder.mkdir(exist_ok=True)
        serial = made.issued.serial
        keys = Keys(self.ca, folder / f"{name}.{serial}.crt", folder / f"{name}.{serial}.key")
        assert keys.cert is not None
        assert keys.key is not None
        keys.cert.write_bytes(made.issued.certificate)
        keys.key.write_bytes(made.key)
        return keys


def tracker_keys(bundle: Path) -> Keys:
    return Keys(bundle / "ca.crt", bundle / "tracker.crt", bundle / "tracker.key")


def start_site(folder: Path, **changes: object) -> Site:
    """Make a PKI in the folder and start its broker."""
    pki = folder / "pki"
    tracker_port, service_port = free_ports(2)
    outcome = Enrolment(pki).init(
        ["localhost", HOST],
        NOW,
        tracker_port=tracker_port,
        service_port=service_port,
        tracker_address=BIND,
        service_address=BIND,
        **changes,
    )
    broker = mosquitto(outcome.folder / "mosquitto.conf", tracker_port, service_port)
    broker.start()
    return Site(pki, tracker_port, service_port, Enrolment(pki, broker=Handle(broker)), broker)
