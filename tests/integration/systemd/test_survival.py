"""Whatever is killed, hangs, or loses its power: all of it comes back, and the button works."""

import pytest

from tests.integration.systemd.machine import Machine
from tests.integration.systemd.site import UNITS, Site
from tests.services.choice import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

HANG_S = 60
"""WatchdogSec is 30 s at most."""


def test_a_killed_process_is_started_anew(site: Site) -> None:
    everything = _everything(site)
    before = {unit: machine.property(unit, "MainPID") for machine, unit in everything}
    for machine, unit in everything:
        machine.run(f"systemctl kill --kill-whom=main --signal=KILL {unit}")
    for machine, unit in everything:
        wait_until(lambda: _runs_anew(machine, unit, before[unit]), f"{unit} to come back")  # noqa: B023 - called at once
    site.wait_for_link()
    site.press()


def test_a_process_that_hangs_is_started_anew(site: Site) -> None:
    """All but the broker, whose Mosquitto does not feed a watchdog."""
    everything = [each for each in _everything(site) if each[1] != "guardian-broker"]
    before = {unit: machine.property(unit, "MainPID") for machine, unit in everything}
    for machine, unit in everything:
        machine.run(f"systemctl kill --kill-whom=main --signal=STOP {unit}")
    for machine, unit in everything:
        wait_until(lambda: _runs_anew(machine, unit, before[unit]), f"{unit} to come back", HANG_S)  # noqa: B023 - called at once
        assert machine.property(unit, "Result") in ("success", "watchdog")
        assert "Watchdog timeout" in machine.journal(unit)
    site.wait_for_link()
    site.press()


@pytest.mark.parametrize("how", [Machine.power_off, Machine.cut_power])
def test_all_is_back_after_a_boot(site: Site, how: object) -> None:
    assert callable(how)
    how(site.server)
    how(site.tracker)
    site.server.boot()
    site.tracker.boot()
    for machine, unit in _everything(site):
        assert machine.property(unit, "ActiveState") == "active"
    site.wait_for_link()
    site.press()


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
