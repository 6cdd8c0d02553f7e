"""Which checks an installation gets. What only a server needs is imported only for a server."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from guardian.doctor import broker, certificates, clock, disk, versions
from guardian.doctor.finding import Check, Finding
from guardian.doctor.installation import Installation
from runtime.clock import Clock
from runtime.mqtt.address import parse_broker

if TYPE_CHECKING:
    from pathlib import Path

    from device_agent.settings import AgentSettings
    from dispatcher.settings import DatabaseSettings
    from guardian.doctor.installation import Party
    from runtime.mqtt.address import BrokerAddress


def checks(installation: Installation, time: Clock) -> list[Check]:
    """Return everything there is to look at, in the order in which it is shown."""
    found: list[Check] = [
        Check("settings", "settings", lambda: installation.findings),
        Check("version", "this machine", versions.examine),
        Check("clock", "this machine", lambda: clock.examine(time)),
    ]
    found += _disks(installation)
    found += certificates.checks(installation, time)
    found += _pki(installation, time)
    found += broker.checks(installation, time, lambda: _agent_may_run(installation))
    found += _access(installation, time)
    found += _stores(installation, time)
    found += _services(installation, time)
    found += _tracker(installation, time)
    return found


def only(found: Sequence[Check], areas: Iterable[str]) -> list[Check]:
    """Return the checks of these areas; all when none is named."""
    wanted = set(areas)
    return [each for each in found if not wanted or each.area in wanted]


def _disks(installation: Installation) -> list[Check]:
    folders = {path: what for what, path in installation.state_dirs}
    found = [
        Check("disk", str(path), partial(disk.examine, what, path))
        for path, what in folders.items()
    ]
    for what, kept in (("pki", installation.pki), ("tokens", installation.tokens)):
        if kept is not None and kept not in folders:
            look = partial(disk.examine, what, kept, written=False)
            found.append(Check("disk", str(kept), look))
    return found


def _pki(installation: Installation, time: Clock) -> list[Check]:
    folder = installation.pki
    if folder is None:
        return []
    members = [each for each in installation.parties if each.cert_file is not None]
    return [
        Check("pki", str(folder), partial(_look_at_pki, folder, time)),
        *(Check("pki", each.name, partial(_look_at_member, folder, each)) for each in members),
    ]


def _look_at_pki(folder: "Path", time: Clock) -> Iterable[Finding]:
    from guardian.doctor import pki  # noqa: PLC0415 - needs cryptography

    return pki.examine(folder, certificates.now(time))


def _look_at_member(folder: "Path", party: "Party") -> Iterable[Finding]:
    from guardian.doctor import pki  # noqa: PLC0415 - needs cryptography

    return pki.member(folder, party)


def _access(installation: Installation, time: Clock) -> list[Check]:
    from guardian.doctor import access  # noqa: PLC0415 - a tracker has no use for it

    if all(each.role == "tracker" for each in installation.parties):
        return []
    tools = [(address, each) for each in installation.role("tool")
             for address in map(parse_broker, each.brokers)]  # fmt: skip
    asked = [
        Check("version", str(address), partial(_mosquitto, address, tool, time))
        for address, tool in tools[:1]
    ]
    return access.checks(installation, time) + asked


def _mosquitto(address: "BrokerAddress", tool: "Party", time: Clock) -> Iterator[Finding]:
    """Say which Mosquitto runs there; one that does not tell is looked for on this machine."""
    from guardian.doctor import access  # noqa: PLC0415 - a tracker has no use for it

    told = access.version(address, tool, time) or versions.mosquitto_here()
    if told is not None:
        remedy = "apt install mosquitto, from Debian 12 or later"
        yield versions.at_least("Mosquitto", told, versions.OLDEST_MOSQUITTO, remedy)


def _stores(installation: Installation, time: Clock) -> list[Check]:
    found = []
    if installation.stores:
        look = partial(_look_at_stores, installation, time)
        found.append(Check("store", "telemetry store", look))
    if installation.database is not None:
        look = partial(_look_at_database, installation.database, time)
        found.append(Check("database", "incident database", look))
    return found


def _look_at_stores(installation: Installation, time: Clock) -> Iterable[Finding]:
    from guardian.doctor import store  # noqa: PLC0415 - needs influxdb-client

    return store.examine(installation.stores, installation.tokens, time)


def _look_at_database(settings: "DatabaseSettings", time: Clock) -> Iterable[Finding]:
    from guardian.doctor import database  # noqa: PLC0415 - needs SQLAlchemy

    return database.examine(settings, time)


def _services(installation: Installation, time: Clock) -> list[Check]:
    from guardian.doctor import services  # noqa: PLC0415 - a tracker has no use for it

    found = [
        Check("service", name, partial(services.health, name, bind))
        for name, bind in installation.health
        if not bind.endswith(":0")
    ]
    http = installation.http
    if http is not None:
        look = partial(services.certificate, http, certificates.now(time))
        found.append(Check("service", "console", look))
    if http is not None and http.http_port:
        found.append(Check("service", "console", partial(services.console, http)))
    return found


def _agent_may_run(installation: Installation) -> bool:
    from guardian.doctor import agent  # noqa: PLC0415 - not on a server

    return installation.agent is not None and agent.may_run(installation.agent)


def _tracker(installation: Installation, time: Clock) -> list[Check]:
    settings = installation.agent
    if settings is None:
        return []
    from guardian.doctor import agent  # noqa: PLC0415 - not on a server

    return [
        Check("agent", settings.device, lambda: agent.examine(settings)),
        Check("receiver", str(settings.serial_port), lambda: _receiver(settings, time)),
    ]


def _receiver(settings: "AgentSettings", time: Clock) -> Iterable[Finding]:
    from guardian.doctor import agent, receiver  # noqa: PLC0415 - not on a server

    return receiver.examine(settings, time, agent_runs=agent.may_run(settings))
