"""Where certificates are: our own files, the brokers, and the folder of the PKI. Never a key."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from broker_config import mosquitto, registry
from broker_config.errors import EnrolmentError
from broker_config.pki import PkiFolder
from broker_config.watch import expiry
from broker_config.watch.expiry import Expiries
from runtime import logs
from runtime.mqtt.errors import TlsFilesError

T = TypeVar("T")

SOURCES: Final = ("own", "authority", "broker", "pki")
"""Kinds of sources, for counting failures."""
_CRL_FILES: Final = {
    "crl:trackers": mosquitto.TRACKERS_CRL_FILE,
    "crl:services": mosquitto.SERVICES_CRL_FILE,
}

_log = logs.get(__name__)


@dataclass(frozen=True, kw_only=True)
class Places:
    """What is read; None and empty is nothing."""

    cert_file: Path | None = None
    ca_file: Path | None = None
    pki: Path | None = None
    servers: dict[str, Callable[[], bytes]] = field(default_factory=dict)
    """By broker, host:port: what fetches its certificate (DER)."""


class Sources:
    """Reads all of them; one that cannot be read costs only its own certificates."""

    def __init__(
        self,
        places: Places,
        *,
        on_failure: Callable[[str], object],
        beat: Callable[[], object] = lambda: None,
    ) -> None:
        """Take whom to tell of the kind of a source that failed, and a watchdog's `beat`."""
        self._places = places
        self._on_failure = on_failure
        self._beat = beat
        self._failed = 0
        self._known_failures: dict[str, str] = {}

    def read(self, now: datetime) -> tuple[Expiries, bool]:
        """Return what was found, and whether every source could be read."""
        places, self._failed = self._places, 0
        at: dict[str, float] = {}
        if places.cert_file is not None:
            at |= self._file("own", "own", places.cert_file)
        if places.ca_file is not None:
            at |= self._file("authority", "authority", places.ca_file)
        for broker, fetch in places.servers.items():
            name = f"broker:{broker}"
            at |= self._one("broker", name, partial(_of_server, fetch))
        found = Expiries(at)
        if places.pki is not None:
            found = self._pki(PkiFolder(places.pki), found, now)
        return found, not self._failed

    def _pki(self, pki: PkiFolder, found: Expiries, now: datetime) -> Expiries:
        at = dict(found.at)
        for kind in ("trackers", "services"):
            at |= self._file("pki", f"authority:{kind}", pki.root / f"{kind}-ca.crt")
        at |= self._file("pki", "https", pki.https / "dispatcher.crt")
        known = self._attempt("pki", "registry", lambda: registry.load(pki.registry))
        if known is None:
            return replace(found, at=at)
        for name, file in _CRL_FILES.items():
            path = Path(known.broker.folder) / file
            at |= self._one("pki", name, partial(_of_crl, path))
        return Expiries(at | expiry.of_services(known), expiry.of_trackers(known, now))

    def _file(self, kind: str, name: str, path: Path) -> dict[str, float]:
        return self._one(kind, name, partial(_of_file, path))

    def _one(self, kind: str, name: str, read: Callable[[], float]) -> dict[str, float]:
        end = self._attempt(kind, name, read)
        return {} if end is None else {name: end}

    def _attempt(self, kind: str, name: str, read: Callable[[], T]) -> T | None:
        """Return None for what cannot be read; log that only when it is news."""
        self._beat()
        try:
            value = read()
        except (OSError, EnrolmentError, TlsFilesError) as error:
            self._failed += 1
            self._on_failure(kind)
            if self._known_failures.get(name) != str(error):
                self._known_failures[name] = str(error)
                _log.warning("certificate_unreadable", certificate=name, reason=str(error))
            return None
        self._known_failures.pop(name, None)
        return value


def _of_server(fetch: Callable[[], bytes]) -> float:
    return expiry.of_der(fetch())


def _of_file(path: Path) -> float:
    return expiry.of_pem(path.read_bytes())


def _of_crl(path: Path) -> float:
    return expiry.of_crl(path.read_bytes())
