"""The folder of the PKI on disk: both authorities, and the folder that the broker reads."""

import os
import pwd
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import msgspec

from broker_config import acl, authority, mosquitto, registry
from broker_config.authority import Authority, Kind
from broker_config.errors import EnrolmentError, NotInitializedError
from broker_config.files import private_folder, write_atomically, write_if_changed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from broker_config.mosquitto import MosquittoSettings
    from broker_config.registry import Registry

_KINDS: tuple[Kind, ...] = get_args(Kind)
_CA_FILES: dict[Kind, str] = {
    "tracker": mosquitto.TRACKERS_CA_FILE,
    "service": mosquitto.SERVICES_CA_FILE,
}
_CRL_FILES: dict[Kind, str] = {
    "tracker": mosquitto.TRACKERS_CRL_FILE,
    "service": mosquitto.SERVICES_CRL_FILE,
}


class PkiFolder:
    """Where everything lies. Whoever calls holds the lock."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lock = root / "lock"
        self.registry = root / "enrolment.json"
        self.https = root / "https"
        self.services = root / "services"
        self.public = root / "public"

    def require_initialized(self) -> None:
        """Do nothing in a folder that `init` has made.

        Raises:
            NotInitializedError: it is another.
        """
        if not self.registry.exists():
            raise NotInitializedError(
                f"{self.root} holds no PKI; run: guardian enroll init {self.root} --host NAME"
            )

    def require_unused(self) -> None:
        """Do nothing in a folder without authorities; the registry comes first and goes last.

        Raises:
            NotInitializedError: there are some, and a new registry would forget who was revoked.
        """
        for kind in _KINDS:
            if any(path.exists() for path in self._authority_files(kind)):
                raise NotInitializedError(
                    f"{self.registry} is missing, and with it who was certified and who was "
                    "revoked; restore it from your backup"
                )

    def authority(self, kind: Kind) -> Authority:
        """Read an authority.

        Raises:
            NotInitializedError: its files are missing or wrong; only a backup can bring them back.
        """
        certificate, key = self._authority_files(kind)
        try:
            return authority.load_authority(certificate.read_bytes(), key.read_bytes())
        except (OSError, ValueError) as error:
            raise NotInitializedError(
                f"{certificate} and {key.name}: {error}; restore them from your backup"
            ) from error

    def create_authorities(self) -> None:
        """Make the authorities that are not there; one that is there is never overwritten."""
        for kind in _KINDS:
            certificate, key = self._authority_files(kind)
            if certificate.exists():
                continue
            made = authority.create_authority(kind)
            write_atomically(key, authority.key_pem(made.key))
            write_atomically(certificate, authority.certificate_pem(made))

    def write_servers(self, broker: "MosquittoSettings", hosts: "Sequence[str]") -> bool:
        """Certify broker and HTTPS for these hosts unless they are; say if the broker's changed."""
        owner = owner_of(broker)
        private_folder(Path(broker.folder), owner)
        private_folder(self.https)
        self._write_server(self.https / "dispatcher", "Guardian dispatcher", hosts, None)
        server = (Path(broker.folder) / mosquitto.SERVER_CERT_FILE).with_suffix("")
        return self._write_server(server, "Guardian broker", hosts, owner)

    def write_configuration(self, broker: "MosquittoSettings") -> bool:
        """Write mosquitto.conf and the authorities' certificates; say whether one changed."""
        folder, owner = Path(broker.folder), owner_of(broker)
        text = mosquitto.configuration(broker).encode()
        changed = [write_if_changed(folder / mosquitto.CONFIG_FILE, text, owner)]
        for kind, name in _CA_FILES.items():
            certificate = authority.certificate_pem(self.authority(kind))
            changed.append(write_if_changed(folder / name, certificate, owner))
        return any(changed)

    def write_rights(self, known: "Registry") -> bool:
        """Write both access lists; say whether one changed."""
        folder, owner = Path(known.broker.folder), owner_of(known.broker)
        trackers = acl.trackers_acl(known.denied_names("tracker"))
        services = acl.services_acl(known.names("service"), known.denied_names("service"))
        changed = [
            write_if_changed(folder / mosquitto.TRACKERS_ACL_FILE, trackers.encode(), owner),
            write_if_changed(folder / mosquitto.SERVICES_ACL_FILE, services.encode(), owner),
        ]
        return any(changed)

    def crls_are_current(self, known: "Registry", now: "datetime") -> bool:
        """Say whether both revocation lists are there, name what they should, and last."""
        for kind, path in self._crls(known):
            revoked = known.revoked(kind)
            if not path.exists() or not authority.crl_is_current(
                path.read_bytes(), self.authority(kind), revoked, now
            ):
                return False
        return True

    def write_crls(self, known: "Registry", now: "datetime") -> None:
        """Write both revocation lists under the registry's number."""
        for kind, path in self._crls(known):
            crl = authority.make_crl(
                self.authority(kind), known.revoked(kind), known.crl_number, now
            )
            write_atomically(path, crl, owner_of(known.broker))

    def publish(self, known: "Registry") -> None:
        """Copy what is no secret to the folder `public`, if there is one, laid out like a PKI.

        Whoever looks after certificates, such as `guardian broker watch`, then needs no key near.
        """
        if not self.public.is_dir():
            return
        certificates = [self._authority_files(kind)[0] for kind in _KINDS]
        certificates.append(self.https / "dispatcher.crt")
        copies = {self.public / each.relative_to(self.root): each for each in certificates}
        broker = self.public / "broker"
        copies |= {broker / crl.name: crl for _, crl in self._crls(known)}
        for copy, original in copies.items():
            private_folder(copy.parent)
            write_if_changed(copy, original.read_bytes())
        harmless = msgspec.structs.replace(
            known,
            share_name="",
            broker=msgspec.structs.replace(known.broker, folder=str(broker)),
        )
        write_if_changed(self.public / self.registry.name, registry.encode(harmless))

    def _crls(self, known: "Registry") -> list[tuple[Kind, Path]]:
        return [(kind, Path(known.broker.folder) / name) for kind, name in _CRL_FILES.items()]

    def _write_server(
        self, stem: Path, name: str, hosts: "Sequence[str]", owner: str | None
    ) -> bool:
        certificate, key = stem.with_suffix(".crt"), stem.with_suffix(".key")
        complete = certificate.exists() and key.exists()
        if complete and authority.hosts_of(certificate.read_bytes()) == set(hosts):
            return False
        server = authority.make_server(self.authority("service"), name, hosts)
        write_atomically(key, server.key, owner)
        write_atomically(certificate, server.issued.certificate, owner)
        return True

    def _authority_files(self, kind: Kind) -> tuple[Path, Path]:
        return self.root / f"{kind}s-ca.crt", self.root / f"{kind}s-ca.key"


def present_user() -> str:
    """Return the name of the user as whom this process runs, or the number without a name."""
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def owner_of(broker: "MosquittoSettings") -> str | None:
    """Return to whom the broker's files must be given; None when they are ours already."""
    return None if broker.user == present_user() else broker.user


def moved(
    broker: "MosquittoSettings", changes: dict[str, object], root: Path
) -> "MosquittoSettings":
    """Return the settings with these changes.

    Raises:
        EnrolmentError: the broker's user could not read the folder, or is not ours to give to.
    """
    try:
        changed = msgspec.structs.replace(broker, **changes)
    except ValueError as error:
        raise EnrolmentError(str(error)) from error
    if not changes or changed.user == present_user():
        return changed
    if os.geteuid() != 0:
        raise EnrolmentError(f"only root can give the broker's files to the user {changed.user!r}")
    if Path(changed.folder).is_relative_to(root):
        raise EnrolmentError(
            f"the user {changed.user!r} cannot look into {root}, which is its owner's alone; "
            "name a folder elsewhere with --broker-dir, such as /etc/mosquitto/guardian"
        )
    return changed
