"""Settings files and variables to what there is to look at; a part's code is loaded if it is named.

A tracker has no server library: its file is known by its keys before anything is imported.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from guardian.doctor.finding import Finding, fault, ok, warning
from guardian.doctor.installation import Installation, StoreUse, party
from guardian.doctor.x509 import CertificateUnreadableError, read_pem
from runtime.settings import BrokerSettings, SettingsError, load
from runtime.settings.declare import declared

Part = Literal["agent", "ingest", "dispatcher", "watch"]
PARTS: tuple[Part, ...] = get_args(Part)

_AGENT_KEYS = frozenset({"device", "serial_port", "serial_baud", "button", "buttons"})
_OTHERS_READ = 0o007
_RUN: dict[Part, str] = {
    **{part: f"guardian {part} run --help" for part in PARTS},
    "watch": "guardian broker watch --help",
}
_ROLES: dict[str, Part] = {
    "svc.ingest.": "ingest",
    "svc.dispatcher.": "dispatcher",
    "svc.tool.": "watch",
}
_LOCAL = ("mqtt://127.", "mqtt://localhost:", "mqtt://[::1]:")


def read(config: Path | None, part: Part | None, environ: Mapping[str, str]) -> Installation:
    """Read one file, or the environment alone, as the settings of a part.

    Without a part it is guessed. What is wrong becomes a finding.
    """
    source = str(config) if config else "environment"
    try:
        chosen = part or _guess(config, environ)
    except _UnknownPartError as error:
        return Installation(findings=(fault("settings.read", source, str(error), error.remedy),))
    try:
        found = _READERS[chosen](config, source, environ)
    except ModuleNotFoundError as error:
        extra = "device" if chosen == "agent" else "server"
        says = f"settings of {chosen}, but this machine lacks {error.name}"
        remedy = f"pip install 'guardian-safety[{extra}]'"
        return Installation(findings=(fault("settings.read", source, says, remedy),))
    except SettingsError as error:
        sudo = "" if os.geteuid() == 0 else ", or run the doctor with sudo where it may not read"
        remedy = f"correct it{sudo}; all settings: {_RUN[chosen]}"
        return Installation(
            findings=tuple(fault("settings.read", source, each, remedy) for each in error.problems)
        )
    extra_findings = (ok("settings.read", source, f"the settings of {chosen} can be read"),)
    return found.joined(Installation(findings=extra_findings + tuple(_secrets(config))))


class _UnknownPartError(Exception):
    """Whose settings these are is not clear."""

    def __init__(self, says: str, remedy: str) -> None:
        super().__init__(says)
        self.remedy = remedy


def _guess(config: Path | None, environ: Mapping[str, str]) -> Part:
    """Say whose settings these are: by a key that only one part has, the name, the certificate."""
    table = _table(config) if config else {}
    keys = set(table) | {each.removeprefix("GUARDIAN_").lower() for each in environ if not config}
    if keys & _AGENT_KEYS:
        return "agent"
    for part in PARTS:
        if config and part in config.name.lower():
            return part
    guessed = _by_certificate(config, table, environ) or _by_keys(keys)
    if guessed is None:
        raise _UnknownPartError(
            "it is not clear whose settings these are",
            f"say it: guardian doctor --config dispatcher={config or ''} (or agent=, ingest=)",
        )
    return guessed


def _table(config: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as error:
        says = f"cannot be read: {error.strerror}"
        raise _UnknownPartError(says, f"ls -l {config}; or run the doctor with sudo") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _UnknownPartError(f"is not TOML: {error}", "correct that line") from error


def _by_certificate(
    config: Path | None, table: Mapping[str, Any], environ: Mapping[str, str]
) -> Part | None:
    named = environ.get("GUARDIAN_CERT_FILE") or table.get("cert_file")
    if not isinstance(named, str):
        return None
    try:
        path = config.parent / named if config else Path(named)
        name = read_pem(path.read_text(encoding="utf-8")).common_name
    except (OSError, UnicodeDecodeError, CertificateUnreadableError):
        return None
    return next((part for prefix, part in _ROLES.items() if name.startswith(prefix)), None)


def _by_keys(keys: set[str]) -> Part | None:
    """Return the one of the two services that alone has some of these keys."""
    try:
        from dispatcher.settings import DispatcherSettings  # noqa: PLC0415 - not on a tracker
        from ingest.settings import IngestSettings  # noqa: PLC0415
    except ModuleNotFoundError:
        return None
    own = {
        part: {name for each in declared(kind) for name in (each.key, f"{each.key}_file")}
        for part, kind in (("ingest", IngestSettings), ("dispatcher", DispatcherSettings))
    }
    ingest = bool(keys & (own["ingest"] - own["dispatcher"]))
    dispatcher = bool(keys & (own["dispatcher"] - own["ingest"]))
    if ingest == dispatcher:
        return None
    return "ingest" if ingest else "dispatcher"


def _read_agent(config: Path | None, source: str, environ: Mapping[str, str]) -> Installation:
    from device_agent.settings import AgentSettings  # noqa: PLC0415 - only what is used

    settings = load(AgentSettings, environ=environ, config=config)
    return Installation(
        parties=(party("tracker", settings.device, source, settings),),
        agent=settings,
        state_dirs=(("agent", settings.state_dir),),
        findings=tuple(_brokers(source, settings)),
    )


def _read_ingest(config: Path | None, source: str, environ: Mapping[str, str]) -> Installation:
    from ingest.settings import IngestSettings  # noqa: PLC0415 - only what is used

    settings = load(IngestSettings, environ=environ, config=config)
    return Installation(
        parties=(party("ingest", settings.client_id, source, settings),),
        stores=(StoreUse(role="ingest", source=source, settings=settings),),
        health=_health(settings.client_id, settings),
        state_dirs=(("ingest", settings.state_dir),),
        findings=tuple(_brokers(source, settings)),
    )


def _read_dispatcher(config: Path | None, source: str, environ: Mapping[str, str]) -> Installation:
    from dispatcher.settings import DispatcherSettings  # noqa: PLC0415 - only what is used

    settings = load(DispatcherSettings, environ=environ, config=config)
    return Installation(
        parties=(party("dispatcher", settings.client_id, source, settings),),
        stores=(StoreUse(role="dispatcher", source=source, settings=settings),),
        database=settings,
        http=settings,
        health=_health(settings.client_id, settings),
        state_dirs=(("dispatcher", settings.state_dir),),
        findings=tuple(_brokers(source, settings)),
    )


def _read_watch(config: Path | None, source: str, environ: Mapping[str, str]) -> Installation:
    from broker_config.watch.settings import WatchSettings  # noqa: PLC0415 - only what is used

    settings = load(WatchSettings, environ=environ, config=config)
    return Installation(
        parties=(party("tool", settings.service, source, settings),),
        health=_health(settings.service, settings),
        findings=tuple(_brokers(source, settings)),
    )


_READERS: dict[Part, Callable[[Path | None, str, Mapping[str, str]], Installation]] = {
    "agent": _read_agent,
    "ingest": _read_ingest,
    "dispatcher": _read_dispatcher,
    "watch": _read_watch,
}


def _health(name: str, settings: object) -> tuple[tuple[str, str], ...]:
    bind = getattr(settings, "metrics_bind", None)
    return ((name, bind),) if bind else ()


def _brokers(source: str, settings: BrokerSettings) -> list[Finding]:
    """Say which brokers are spoken to in the clear."""
    return [
        warning(
            "settings.broker", source, f"{each} is spoken to in the clear", "use mqtts://"
        ) if each.startswith(_LOCAL) else fault(
            "settings.broker", source, f"{each} is spoken to in the clear, over a network",
            "use mqtts:// with certificates (docs/enrolment.md)",
        )
        for each in settings.brokers
        if each.startswith("mqtt:")
    ]  # fmt: skip


def _secrets(config: Path | None) -> list[Finding]:
    """Say whether everybody on this machine can read a secret that stands in the file."""
    if config is None:
        return []
    secret = ("influxdb_v2_token", "database_url", "webhook_secret", "password", "share_name")
    held = [key for key in secret if key in _table(config)]
    if not held or not config.stat().st_mode & _OTHERS_READ:
        return []
    says = f"holds {', '.join(held)}, and every user of this machine can read it"
    return [fault("settings.secret", config, says, f"chmod 640 {config}")]
