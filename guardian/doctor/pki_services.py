"""The services whose certificates lie in a PKI, where no settings of theirs were given."""

import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from broker_config.acl import role_of
from broker_config.hosts import broker_url
from contract.errors import InvalidIdError
from guardian.doctor.finding import fault
from guardian.doctor.installation import Installation, Party
from runtime.mqtt.address import parse_broker
from runtime.mqtt.errors import BrokerAddressError

if TYPE_CHECKING:
    from broker_config.registry import Registry

_ANSWER_S = 2.0
"""How long the names of a broker may take to answer before the first one is taken."""


def services_of(pki: Path, whole: Installation, environ: Mapping[str, str]) -> Installation:
    """Return the services whose certificates lie in the PKI, with the brokers that are known."""
    known = _registry(pki)
    try:
        brokers = _brokers(known, whole, environ)
    except BrokerAddressError as error:
        remedy = "GUARDIAN_BROKERS: mqtts://host:8884, several with commas"
        return Installation(findings=(fault("settings.read", "environment", str(error), remedy),))
    parties = []
    for folder in _folders(pki / "services"):
        try:
            role = role_of(folder.name)
        except InvalidIdError:
            continue
        if known and folder.name in known.denied:
            continue
        parties.append(
            Party(
                role=role,
                name=folder.name,
                source=str(folder),
                brokers=brokers,
                ca_file=folder / "ca.crt",
                cert_file=folder / "service.crt",
                key_file=folder / "service.key",
            )
        )
    return Installation(parties=tuple(parties))


def _folders(services: Path) -> list[Path]:
    try:
        return sorted(services.iterdir())
    except OSError:
        return []  # services elsewhere; or the PKI's own lines say so


def _brokers(
    known: "Registry | None", whole: Installation, environ: Mapping[str, str]
) -> tuple[str, ...]:
    """Return where services find the broker: as a configured one does, else as the PKI knows."""
    configured = next((each.brokers for each in whole.parties if each.role != "tracker"), None)
    if configured:
        return configured
    named = [each.strip() for each in environ.get("GUARDIAN_BROKERS", "").split(",")]
    if any(named):
        return tuple(str(parse_broker(each)) for each in named if each)
    if known is None or not known.hosts:
        return ()
    port = known.broker.service_port
    return (broker_url(_answering(known.hosts, port) or known.hosts[0], port),)


def _registry(pki: Path) -> "Registry | None":
    try:
        from broker_config import registry  # noqa: PLC0415 - not on a tracker
        from broker_config.errors import NotInitializedError  # noqa: PLC0415
        from broker_config.pki import PkiFolder  # noqa: PLC0415
    except ModuleNotFoundError:
        return None  # the check of the PKI says so
    try:
        return registry.load(PkiFolder(pki).registry)
    except (NotInitializedError, OSError):
        return None  # the PKI's own lines say so


def _answering(hosts: Sequence[str], port: int) -> str | None:
    """Return the host that is the first to accept a connection: not every name is for everywhere.

    Each is tried on a thread of its own, because a name service may hang.
    """
    answers: SimpleQueue[str] = SimpleQueue()

    def attempt(host: str) -> None:
        with suppress(OSError, UnicodeError):
            socket.create_connection((host, port), _ANSWER_S).close()
            answers.put(host)

    for host in hosts:
        Thread(target=attempt, args=(host,), daemon=True).start()
    try:
        return answers.get(timeout=_ANSWER_S)
    except Empty:
        return None
