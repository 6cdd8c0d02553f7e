"""From what was given on the command line, in the environment and in /etc/guardian to the parts."""

import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from guardian.doctor.finding import Finding, fault, ok
from guardian.doctor.installation import Installation, Party, StoreUse, together
from guardian.doctor.reading import PARTS, Part, read
from runtime.settings import SettingsError, load

if TYPE_CHECKING:
    from broker_config.registry import Registry

ETC = Path("/etc/guardian")

_PROCESS_VARIABLES = ("GUARDIAN_DEVICE", "GUARDIAN_CERT_FILE")
"""Where one of these is set, the environment is that of a process."""
_ANSWER_S = 2.0
"""How long the names of a broker may take to answer before the first one is taken."""
_STORE_VARIABLES = ("INFLUXDB_V2_URL", "GUARDIAN_TELEMETRY_STORE")
_DATABASE_FILE = "incidents.db"
"""`dispatcher.settings.DATABASE_FILE`, which a tracker cannot import."""
_DATABASE_VARIABLES = ("GUARDIAN_DATABASE_URL", "GUARDIAN_DATABASE_URL_FILE")
_NOTHING = "guardian doctor --config agent.toml, or --config ingest.toml --pki pki --tokens tokens"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line names."""

    configs: Sequence[tuple[Part | None, Path]] = ()
    parts: Sequence[Part] = ()
    """Parts whose settings are the environment's alone."""
    pki: Path | None = None
    tokens: Path | None = None


def find(asked: Asked, environ: Mapping[str, str], *, etc: Path = ETC) -> Installation:
    """Return everything that there is to look at; at least a finding that there is nothing."""
    asked = _completed(asked, environ, etc)
    read_parts = [read(path, part, environ) for part, path in asked.configs]
    read_parts += [read(None, part, environ) for part in asked.parts]
    whole = together([*read_parts, Installation(pki=asked.pki, tokens=asked.tokens)])
    whole = together([whole, *_from_variables(whole, environ)])
    if whole.pki is not None:
        whole = together([whole, _from_pki(whole.pki, whole, environ)])
    if whole == Installation():
        nothing = fault("settings.read", "installation", "there is nothing to look at", _NOTHING)
        return Installation(findings=(nothing,))
    return whole


def _completed(asked: Asked, environ: Mapping[str, str], etc: Path) -> Asked:
    """Fill what was not said: from the environment, else from /etc/guardian."""
    pki = asked.pki or _folder(environ.get("GUARDIAN_PKI_DIR"), etc / "pki")
    tokens = asked.tokens or _folder(environ.get("GUARDIAN_TOKENS_DIR"), etc / "tokens")
    configs, parts = list(asked.configs), list(asked.parts)
    if not configs and not parts:
        configs = [(part, path) for part in PARTS if (path := etc / f"{part}.toml").is_file()]
    if not configs and not parts and any(environ.get(each) for each in _PROCESS_VARIABLES):
        return Asked(configs=[], parts=_guessed(environ), pki=pki, tokens=tokens)
    return Asked(configs=configs, parts=parts, pki=pki, tokens=tokens)


def _guessed(environ: Mapping[str, str]) -> list[Part]:
    """Return whose environment this is; dispatcher where it does not say, as most is looked at."""
    if environ.get("GUARDIAN_DEVICE"):
        return ["agent"]
    found = read(None, None, environ)
    named = next((each.role for each in found.parties), None)
    return ["ingest"] if named == "ingest" else ["dispatcher"]


def _folder(named: str | None, usual: Path) -> Path | None:
    if named:
        return Path(named)
    return usual if usual.is_dir() else None


def _from_variables(whole: Installation, environ: Mapping[str, str]) -> list[Installation]:
    """Return store and database that only variables name: an administrator's environment."""
    found = []
    if not whole.stores and (whole.tokens or any(map(environ.get, _STORE_VARIABLES))):
        found.append(_store(environ))
    if not whole.database and _names_database(environ):
        found.append(_database(environ))
    return found


def _names_database(environ: Mapping[str, str]) -> bool:
    folder = environ.get("GUARDIAN_STATE_DIR")
    return any(map(environ.get, _DATABASE_VARIABLES)) or (
        bool(folder) and (Path(folder or "") / _DATABASE_FILE).exists()
    )


def _store(environ: Mapping[str, str]) -> Installation:
    from telemetry_store.settings import StoreSettings  # noqa: PLC0415 - not on a tracker

    try:
        settings = load(StoreSettings, environ=environ)
    except SettingsError as error:
        return Installation(findings=tuple(_wrong(error)))
    read = ok("settings.read", "environment", "the settings of the telemetry store can be read")
    use = StoreUse(role="", source="environment", settings=settings)
    return Installation(stores=(use,), findings=(read,))


def _database(environ: Mapping[str, str]) -> Installation:
    from dispatcher.settings import DatabaseSettings  # noqa: PLC0415 - not on a tracker

    try:
        settings = load(DatabaseSettings, environ=environ)
    except SettingsError as error:
        return Installation(findings=tuple(_wrong(error)))
    read = ok("settings.read", "environment", "the settings of the incident database can be read")
    folders = (("dispatcher", settings.state_dir),) if settings.state_dir != Path() else ()
    return Installation(database=settings, state_dirs=folders, findings=(read,))


def _wrong(error: SettingsError) -> list[Finding]:
    remedy = "correct the variable; all settings: guardian dispatcher run --help"
    return [fault("settings.read", "environment", each, remedy) for each in error.problems]


def _from_pki(pki: Path, whole: Installation, environ: Mapping[str, str]) -> Installation:
    """Return the services whose certificates lie in the PKI, with the brokers that are known."""
    from broker_config.acl import role_of  # noqa: PLC0415 - not on a tracker
    from contract.errors import InvalidIdError  # noqa: PLC0415

    known = _registry(pki)
    denied = known.denied if known else {}
    parties = []
    brokers = _service_brokers(pki, whole, environ)
    for folder in sorted((pki / "services").glob("*")):
        try:
            role = role_of(folder.name)
        except InvalidIdError:
            continue
        if folder.name in denied:
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


def _service_brokers(pki: Path, whole: Installation, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return where services find the broker: as a configured one does, else as the PKI knows."""
    from broker_config.hosts import broker_url  # noqa: PLC0415 - not on a tracker

    configured = next((each.brokers for each in whole.parties if each.role != "tracker"), None)
    named = tuple(each.strip() for each in environ.get("GUARDIAN_BROKERS", "").split(",") if each)
    if configured or named:
        return configured or named
    known = _registry(pki)
    if known is None:
        return ()
    host = _answering(known.hosts, known.broker.service_port) or next(iter(known.hosts), "")
    return (broker_url(host, known.broker.service_port),) if host else ()


def _registry(pki: Path) -> "Registry | None":
    from broker_config import registry  # noqa: PLC0415 - not on a tracker
    from broker_config.errors import NotInitializedError  # noqa: PLC0415
    from broker_config.pki import PkiFolder  # noqa: PLC0415

    try:
        return registry.load(PkiFolder(pki).registry)
    except (NotInitializedError, OSError):
        return None


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
