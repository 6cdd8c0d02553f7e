"""docs/install.md leads from an empty Debian to the first panic."""

import pytest

from tests.integration.systemd.site import HOST, UNITS, Site
from tests.services.choice import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

CA = "/etc/guardian/pki/services-ca.crt"
LOOPBACK = {"127.0.0.1", "::1"}
POSTGRESQL = 5432
"""Another test installs it."""
EXPOSURE = 30
"""In tenths, as systemd-analyze counts its threshold: below 3.0."""


def test_the_first_panic_is_acknowledged(site: Site) -> None:
    assert "acknowledged" in site.stages()


def test_a_position_is_in_the_store(site: Site) -> None:
    def stored() -> float:
        return site.metric(9101, "guardian_ingest_rows_written_total")

    wait_until(lambda: stored() > 0, "a position in the store")


def test_the_doctor_finds_no_fault(site: Site) -> None:
    site.server.run("guardian doctor")


def test_a_revocation_reaches_the_broker(site: Site) -> None:
    pki = "--pki /etc/guardian/pki"
    site.server.run(f"guardian enroll add lost-one {pki} --out /root/lost-one")
    assert "SIGHUP" in site.server.run(f"guardian enroll revoke lost-one {pki}")


def test_only_trackers_and_browsers_find_an_open_port(site: Site) -> None:
    """Debian's own broker, open on 1883, never starts."""
    listening = site.server.listening()
    outside = {port for address, port in listening if address not in LOOPBACK}
    assert outside == {8883, 8443}
    inside = {port for _, port in listening} - outside
    assert inside - {POSTGRESQL} == {8884, 8086, 9101, 9102, 9103}


def test_a_browser_verifies_the_console_by_the_authority_that_it_is_given(site: Site) -> None:
    page = site.server.run(f"curl --silent --fail --location --cacert {CA} https://{HOST}:8443/")
    assert "<html" in page


@pytest.mark.parametrize("unit", [*UNITS, "guardian-agent"])
def test_systemd_finds_nothing_wrong_with_a_unit(site: Site, unit: str) -> None:
    machine = site.tracker if unit == "guardian-agent" else site.server
    machine.run(f"systemd-analyze verify --man=no /etc/systemd/system/{unit}.service")
    machine.run(
        f"systemd-analyze security --offline=true --threshold={EXPOSURE} "
        f"/etc/systemd/system/{unit}.service"
    )


def test_a_service_sees_no_secret_but_its_own(site: Site) -> None:
    own = "/run/credentials/guardian-ingest.service/service.key"
    dispatcher = site.server.property("guardian-dispatcher", "MainPID")
    secrets = [
        "/etc/guardian/pki/trackers-ca.key",
        "/etc/guardian/pki/services/svc.dispatcher.1/service.key",
        "/etc/guardian/tokens/dispatcher",
        "/etc/mosquitto/guardian/server.key",
        "/run/credentials/guardian-dispatcher.service/service.key",
        "/var/lib/guardian/dispatcher/incidents.db",
        f"/proc/{dispatcher}/environ",
        f"/proc/{dispatcher}/root/run/credentials/guardian-dispatcher.service/service.key",
    ]
    assert site.readable("guardian-ingest", "guardian", [own, *secrets]) == [own]


def test_the_watch_sees_the_registry_and_no_key(site: Site) -> None:
    registry = "/etc/guardian/pki/enrolment.json"
    secrets = [
        "/etc/guardian/pki/trackers-ca.key",
        "/etc/guardian/pki/services-ca.key",
        "/etc/guardian/pki/https/dispatcher.key",
        "/etc/guardian/pki/services/svc.dispatcher.1/service.key",
        "/etc/guardian/tokens/dispatcher",
        "/etc/mosquitto/guardian/server.key",
        "/etc/shadow",
        "/var/lib/guardian/dispatcher/incidents.db",
    ]
    assert site.readable("guardian-watch", "", [registry, *secrets]) == [registry]
    assert site.metric(9103, 'guardian_tracker_certificates_expiring{within_days="60"}') == 0
