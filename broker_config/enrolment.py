"""Enrolment: who gets a certificate, and whose access ends.

Every command holds the folder's lock and brings the broker's files up to date first, so a command
that was cut off is finished by the next one, whichever it is. A certificate is recorded before it
is given out: what is not recorded could not be revoked.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex

import msgspec

from broker_config import acl, authority, bundles, registry
from broker_config.authority import Issued, Kind
from broker_config.broker_process import Broker, BrokerProcess, Reload
from broker_config.errors import (
    AlreadyEnrolledError,
    EnrolmentError,
    RevokedNameError,
    UnknownNameError,
)
from broker_config.files import only_one, private_folder
from broker_config.hosts import broker_url, parse_host
from broker_config.mosquitto import PID_FILE, MosquittoSettings
from broker_config.pki import PkiFolder, moved, present_user
from broker_config.registry import Certificate, Registry, State
from contract.ids import parse_device

FIRST_SERVICES = ("svc.ingest.1", "svc.dispatcher.1", "svc.tool.1")
_SHARE_NAME_BYTES = 16
"""128 bits: a tracker must not guess the name of the subscription that the ingests share."""


@dataclass(frozen=True)
class Outcome:
    """What a command did: the folder that it filled, and what became of the broker.

    `broker` is None when nothing changed that the broker reads.
    """

    folder: Path
    broker: Reload | None


@dataclass(frozen=True)
class Enrolled:
    """One line of the list."""

    name: str
    kind: Kind
    state: State
    expires: datetime
    serial: str


@dataclass(frozen=True)
class _Tracker:
    """What a tracker is to be given."""

    device: str
    out: Path
    brokers: Sequence[str]
    request: bytes | None


class Enrolment:
    """The commands of `guardian enroll` on one folder."""

    def __init__(self, root: Path, *, broker: Broker | None = None) -> None:
        """Use the broker of the folder's own pid file unless another is handed in."""
        self._pki = PkiFolder(root.absolute())
        self._broker = broker

    def init(self, hosts: Sequence[str], now: datetime, **changes: object) -> Outcome:
        """Make what is missing of the PKI; `changes` are fields of `MosquittoSettings`.

        Never overwrites an authority or a key that is good; new hosts get new server certificates.

        Raises:
            EnrolmentError: no host is known, a value is wrong, or an authority is lost.
        """
        private_folder(self._pki.root)
        private_folder(self._pki.services)
        with only_one(self._pki.lock):
            known = self._changed(self._known_or_new(), hosts, changes)
            self._save(known)
            if not known.authorities_made:
                self._pki.create_authorities()
                known = msgspec.structs.replace(known, authorities_made=True)
            servers = self._pki.write_servers(known.broker, known.hosts)
            config = self._pki.write_configuration(known.broker)
            self._save(known)
            for name in FIRST_SERVICES:
                folder = self._pki.services / name
                if bundles.discard_unfinished(folder) or not known.of(name):
                    known = self._give_service(known, name, now, folder)
            _, told = self._settle(known, now)
            if (servers or config) and told is None:
                told = self._process(known).reload()
            return Outcome(Path(known.broker.folder), told)

    def add(
        self,
        device: str,
        now: datetime,
        *,
        out: Path,
        brokers: Sequence[str] = (),
        request: bytes | None = None,
        again: bool = False,
    ) -> Outcome:
        """Enrol a tracker and fill the folder `out` for it; `request` is a PEM request of its own.

        Raises:
            InvalidIdError: the name is no device id; a service's never is.
            AlreadyEnrolledError: it has a certificate.
            RevokedNameError: it was revoked, and `again` is not said.
            BundleExistsError, BadRequestError: about the folder and the request.
        """
        with self._opened(now) as known:
            parse_device(device)
            fresh = self._admitted(known, device, again=again)
            wanted = _Tracker(device, out, brokers, request)
            given = self._give_tracker(fresh, now, wanted)
            return Outcome(out, self._settle(given, now)[1])

    def add_service(
        self, name: str, now: datetime, *, out: Path | None = None, again: bool = False
    ) -> Outcome:
        """Enrol another instance of a service; its folder is `services/NAME` unless named.

        Raises:
            InvalidIdError: it is no service's name, or of no part that the contract knows.
            AlreadyEnrolledError, RevokedNameError, BundleExistsError: as for a tracker.
        """
        with self._opened(now) as known:
            acl.role_of(name)
            folder = out or self._pki.services / name
            fresh = self._admitted(known, name, again=again)
            given = self._give_service(fresh, name, now, folder)
            return Outcome(folder, self._settle(given, now)[1])

    def renew(
        self,
        device: str,
        now: datetime,
        *,
        out: Path,
        brokers: Sequence[str] = (),
        request: bytes | None = None,
    ) -> Outcome:
        """Give a tracker a new certificate; the old one stays good for `registry.OVERLAP`.

        Raises:
            UnknownNameError: there is nothing to renew.
            RevokedNameError: it was revoked.
            BundleExistsError, BadRequestError: about the folder and the request.
        """
        with self._opened(now) as known:
            parse_device(device)
            self._require(known, device)
            if device in known.denied:
                raise RevokedNameError(f"{device} was revoked; enrol it anew with add --again")
            wanted = _Tracker(device, out, brokers, request)
            given = self._give_tracker(known, now, wanted)
            return Outcome(out, self._settle(given, now)[1])

    def revoke(self, name: str, now: datetime) -> Outcome:
        """End a tracker's or service's access: denied first, which a live connection feels at once.

        Raises:
            UnknownNameError: nobody has this name.
        """
        with self._opened(now) as known:
            self._require(known, name)
            _, told = self._settle(known.without_access(name, now), now)
            return Outcome(Path(known.broker.folder), told or self._process(known).reload())

    def list(self, now: datetime) -> list[Enrolled]:
        """Return everybody who was ever enrolled, with the newest certificate."""
        with self._opened(now) as known:
            names = known.names("tracker") + known.names("service")
            newest = [known.of(name)[-1] for name in names]
            return [
                Enrolled(
                    each.name,
                    each.kind,
                    known.state(each.name, now),
                    each.expires_at,
                    each.serial,
                )
                for each in newest
            ]

    @contextmanager
    def _opened(self, now: datetime) -> Iterator[Registry]:
        self._pki.require_initialized()
        with only_one(self._pki.lock):
            known, _ = self._settle(registry.load(self._pki.registry), now)
            yield known

    def _settle(self, known: Registry, now: datetime) -> tuple[Registry, Reload | None]:
        """Save, write what follows for the broker and tell it: rights first, then revocations."""
        self._save(known)
        told = self._process(known).reload() if self._pki.write_rights(known) else None
        swept = known.swept(now)
        if swept != known or not self._pki.crls_are_current(swept, now):
            swept = msgspec.structs.replace(swept, crl_number=swept.crl_number + 1)
            self._save(swept)
            self._pki.write_crls(swept, now)
            told = self._process(swept).reload()
        self._pki.publish(swept)
        return swept, told

    def _save(self, known: Registry) -> None:
        if not self._pki.registry.exists() or registry.load(self._pki.registry) != known:
            registry.save(known, self._pki.registry)

    def _process(self, known: Registry) -> Broker:
        return self._broker or BrokerProcess(Path(known.broker.folder) / PID_FILE)

    def _known_or_new(self) -> Registry:
        if self._pki.registry.exists():
            return registry.load(self._pki.registry)
        self._pki.require_unused()
        folder = str(self._pki.root / "broker")
        broker = MosquittoSettings(folder=folder, user=present_user())
        return Registry(hosts=(), broker=broker, share_name=token_hex(_SHARE_NAME_BYTES))

    def _changed(
        self, known: Registry, hosts: Sequence[str], changes: dict[str, object]
    ) -> Registry:
        every = tuple(dict.fromkeys([*known.hosts, *map(parse_host, hosts)]))
        if not every:
            raise EnrolmentError("say under which name the trackers find the broker: --host NAME")
        broker = moved(known.broker, changes, self._pki.root)
        return msgspec.structs.replace(known, hosts=every, broker=broker)

    def _require(self, known: Registry, name: str) -> None:
        if not known.of(name):
            raise UnknownNameError(f"nobody is enrolled as {name[:80]!r}")

    def _admitted(self, known: Registry, name: str, *, again: bool) -> Registry:
        """Return the registry in which the name may have a certificate."""
        if not known.of(name):
            return known
        if name not in known.denied:
            raise AlreadyEnrolledError(f"{name} is enrolled; to give it a new certificate: renew")
        if not again:
            raise RevokedNameError(f"{name} was revoked; say --again to enrol the name anew")
        started = self._process(known).started_at()
        if started is not None and started < known.denied[name]:
            raise RevokedNameError(
                f"the broker has run since before {name} was revoked, and a connection made then "
                "would be heard again; restart the broker first"
            )
        return known.with_access(name)

    def _give_tracker(self, known: Registry, now: datetime, wanted: _Tracker) -> Registry:
        asked = None if wanted.request is None else authority.read_request(wanted.request)
        urls = wanted.brokers or [broker_url(known.hosts[0], known.broker.tracker_port)]
        bundles.claim(wanted.out)
        ca, expires = self._pki.authority("tracker"), now + authority.TRACKER_LIFETIME
        key: bytes | None = None
        if asked is None:
            made = authority.make_client(ca, wanted.device, expires)
            issued, key = made.issued, made.key
        else:
            issued = authority.certify_client(ca, wanted.device, expires, asked)
        given = self._recorded(known, wanted.device, "tracker", issued, now)
        files = bundles.tracker_files(
            wanted.device, issued.certificate, key, self._server_ca(), urls
        )
        bundles.write(wanted.out, files)
        return given

    def _give_service(self, known: Registry, name: str, now: datetime, out: Path) -> Registry:
        bundles.claim(out)
        made = authority.make_client(self._pki.authority("service"), name, authority.NEVER)
        given = self._recorded(known, name, "service", made.issued, now)
        shared = known.share_name if acl.role_of(name) == "ingest" else None
        bundles.write(out, bundles.service_files(made, self._server_ca(), shared))
        return given

    def _recorded(
        self, known: Registry, name: str, kind: Kind, issued: Issued, now: datetime
    ) -> Registry:
        certificate = Certificate(
            name=name,
            kind=kind,
            serial=f"{issued.serial:x}",
            issued_at=now,
            expires_at=issued.expires,
        )
        given = known.with_certificate(certificate)
        self._save(given)
        return given

    def _server_ca(self) -> bytes:
        """Return whom a client trusts: the authority that certifies the servers."""
        return authority.certificate_pem(self._pki.authority("service"))
