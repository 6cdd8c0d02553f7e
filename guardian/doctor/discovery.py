"""From what was given on the command line, in the environment and in /etc/guardian to the parts."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from guardian.doctor.finding import Finding, fault, ok
from guardian.doctor.installation import Installation, StoreUse, together
from guardian.doctor.pki_services import services_of
from guardian.doctor.reading import PARTS, Part, read
from guardian.doctor.sqlite_file import missing
from runtime.settings import SettingsError, load

ETC = Path("/etc/guardian")

_PROCESS_VARIABLES = ("GUARDIAN_DEVICE", "GUARDIAN_CERT_FILE")
"""Where one of these is set, the environment is that of a process."""
_STORE_VARIABLES = ("INFLUXDB_V2_URL", "GUARDIAN_TELEMETRY_STORE")
_DATABASE_FILE = "incidents.db"
"""`dispatcher.settings.DATABASE_FILE`, which a tracker cannot import."""
_DATABASE_VARIABLES = ("GUARDIAN_DATABASE_URL", "GUARDIAN_DATABASE_URL_FILE")
_PARTS: dict[str, Part] = {"ingest": "ingest", "tool": "watch"}
_NOTHING = "guardian doctor --config agent.toml, or --config ingest.toml --pki pki --tokens tokens"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line names."""

    configs: Sequence[tuple[Part | None, Path]] = ()
    """Files, with their part where it was said."""
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
        whole = together([whole, services_of(whole.pki, whole, environ)])
    if whole == Installation():
        return Installation(findings=(_nothing(etc),))
    return whole


def _nothing(etc: Path) -> Finding:
    if etc.is_dir() and not _open_to_us(etc):
        says = "may not be looked into by the user who runs the doctor"
        return fault("settings.read", etc, says, "sudo guardian doctor")
    return fault("settings.read", "installation", "there is nothing to look at", _NOTHING)


def _open_to_us(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.X_OK)


def _completed(asked: Asked, environ: Mapping[str, str], etc: Path) -> Asked:
    """Add what the environment names; and where nothing was said, what lies in /etc/guardian."""
    bare = asked == Asked()
    usual = bare and _open_to_us(etc)
    pki = asked.pki or _folder(environ.get("GUARDIAN_PKI_DIR"), etc / "pki", usual=usual)
    tokens = asked.tokens or _folder(
        environ.get("GUARDIAN_TOKENS_DIR"), etc / "tokens", usual=usual
    )
    configs, parts = list(asked.configs), list(asked.parts)
    if usual:
        configs = [(part, path) for part in PARTS if (path := etc / f"{part}.toml").is_file()]
    if bare and not configs and any(map(environ.get, _PROCESS_VARIABLES)):
        parts = _guessed(environ)
    return Asked(configs=configs, parts=parts, pki=pki, tokens=tokens)


def _guessed(environ: Mapping[str, str]) -> list[Part]:
    """Return whose environment this is; dispatcher where it does not say, as most is looked at."""
    if environ.get("GUARDIAN_DEVICE"):
        return ["agent"]
    found = read(None, None, environ)
    named = next((each.role for each in found.parties), None)
    return [_PARTS.get(named or "", "dispatcher")]


def _folder(named: str | None, there: Path, *, usual: bool) -> Path | None:
    if named:
        return Path(named)
    return there if usual and _holds_something(there) else None


def _holds_something(folder: Path) -> bool:
    """Say whether there is a file in it; one that may not be looked into counts, and is said.

    Our image has the folders empty, to be mounted over.
    """
    if not folder.is_dir():
        return False
    return not _open_to_us(folder) or any(map(Path.is_file, folder.rglob("*")))


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
        bool(folder) and not missing(Path(folder or "") / _DATABASE_FILE)
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
