"""Whatever is killed, hangs, or loses its power: all of it comes back, and the button works."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.integration.systemd.machine import Machine
from tests.integration.systemd.site import UNITS, Site
from tests.services.choice import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

WATCHDOG_S = 5
"""The units' own 20 and 30 s would only make the test longer."""
DROP_IN = "/etc/systemd/system/{}.service.d/test.conf"


def test_a_killed_process_is_started_anew(site: Site) -> None:
    everything = _everything(site)
    before = {unit: machine.property(unit, "MainPID") for machine, unit in everything}
    for machine, unit in everything:
        machine.run(f"systemctl kill --kill-whom=main --signal=KILL {unit}")
    for machine, unit in everything:
        wait_until(partial(_runs_anew, machine, unit, before[unit]), f"{unit} to come back")
    site.wait_for_link()
    site.press()


@pytest.fixture
def impatient(site: Site) -> Iterator[list[tuple[Machine, str]]]:
    """All but the broker, which feeds no watchdog, with a watchdog that waits for seconds only."""
    watched = [each for each in _everything(site) if each[1] != "guardian-broker"]
    for machine, unit in watched:
        machine.write(DROP_IN.format(unit), f"[Service]\nWatchdogSec={WATCHDOG_S}\n")
    _reload(watched)
    yield watched
    for machine, unit in watched:
        machine.run(f"rm {DROP_IN.format(unit)}")
    _reload(watched)


def test_a_process_that_hangs_is_started_anew(
    site: Site, impatient: list[tuple[Machine, str]]
) -> None:
    before = {unit: machine.property(unit, "MainPID") for machine, unit in impatient}
    for machine, unit in impatient:
        machine.run(f"systemctl kill --kill-whom=main --signal=STOP {unit}")
    for machine, unit in impatient:
        wait_until(partial(_runs_anew, machine, unit, before[unit]), f"{unit} to come back")
        assert "Watchdog timeout" in machine.journal(unit)
    site.wait_for_link()
    site.press()


def test_all_is_back_after_a_boot(site: Site) -> None:
    site.tracker.power_off()
    site.server.cut_power()
    site.server.boot()
    site.tracker.boot()
    for machine, unit in _everything(site):
        assert machine.property(unit, "ActiveState") == "active"
    site.wait_for_link()
    site.press()


def test_an_update_keeps_everything(site: Site) -> None:
    site.type("update")
    site.wait_for_link()
    site.press()
    users = "guardian dispatcher user list --config /etc/guardian/dispatcher.toml"
    assert "chen" in site.server.run(f"runuser -u guardian -- {users}")


def test_a_panic_needs_no_influxdb(site: Site) -> None:
    """Promise 7, and also for a dispatcher that starts without it."""
    site.server.run("systemctl stop influxdb && systemctl restart guardian-dispatcher")
    try:
        site.wait_for_link()
        site.press()
    finally:
        site.server.run("systemctl start influxdb")


def _everything(site: Site) -> list[tuple[Machine, str]]:
    return [(site.tracker, "guardian-agent"), *((site.server, unit) for unit in UNITS)]


def _runs_anew(machine: Machine, unit: str, before: str) -> bool:
    return machine.property(unit, "ActiveState") == "active" and machine.property(
        unit, "MainPID"
    ) not in ("0", before)


def _reload(watched: list[tuple[Machine, str]]) -> None:
    for machine, unit in watched:
        machine.run(f"systemctl daemon-reload && systemctl restart {unit}")
