"""Logins at a real Mosquitto: each thing that refuses them is named, and nothing is disturbed."""

import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker_config import authority
from broker_config.enrolment import Enrolment
from broker_config.pki import PkiFolder
from guardian.demo.probes import HOST, free_ports
from guardian.doctor.installation import Party
from tests.integration.broker.party import Crowd
from tests.integration.broker.site import Keys, Site
from tests.integration.doctor.looking import bad, logins, service, services, tracker

pytestmark = pytest.mark.integration


def test_a_healthy_broker_lets_everybody_in(site: Site) -> None:
    found = logins(*services(site), tracker(site), pki=site.folder)
    assert bad(found) == []
    assert [each.name for each in found].count("broker.login") == 4
    assert [each.name for each in found].count("broker.certificate") == 2


def test_a_broker_that_does_not_run_is_named(site: Site) -> None:
    one = tracker(site)
    site.broker.stop()
    (found,) = bad(logins(one))
    assert (found.name, found.says) == ("broker.login", "connection refused")
    assert "start the broker" in str(found.remedy)


def test_an_authority_of_another_pki_is_named(site: Site, tmp_path: Path) -> None:
    Enrolment(tmp_path / "other").init([HOST], datetime.now(UTC))
    other = tmp_path / "other" / "services" / "svc.ingest.1" / "ca.crt"
    (found,) = bad(logins(replace(service(site, "svc.ingest.1"), ca_file=other)))
    assert "certificate is not accepted" in found.says
    assert "another PKI" in str(found.remedy)


def test_a_host_that_the_broker_is_not_called_is_named(site: Site) -> None:
    one = service(site, "svc.ingest.1")
    elsewhere = replace(one, brokers=(one.brokers[0].replace(HOST, "127.0.0.2"),))
    (found,) = bad(logins(elsewhere))
    assert "certificate is not accepted" in found.says or found.says == "connection refused"


def test_a_certificate_of_another_pki_is_refused(site: Site, tmp_path: Path) -> None:
    Enrolment(tmp_path / "other").init([HOST], datetime.now(UTC))
    folder = tmp_path / "other" / "services" / "svc.ingest.1"
    stranger = replace(
        service(site, "svc.ingest.1"),
        cert_file=folder / "service.crt", key_file=folder / "service.key",
    )  # fmt: skip
    (found,) = bad(logins(stranger))
    assert found.name == "broker.login"
    assert "--again" in str(found.remedy)


def test_a_revoked_tracker_is_refused(site: Site) -> None:
    one = tracker(site)
    site.enrolment.revoke("tracker-1", datetime.now(UTC))
    (found,) = bad(logins(one))
    assert "revoked" in found.says
    assert "renew tracker-1" in str(found.remedy)


def test_a_revoked_tracker_is_seen_without_a_login_too(site: Site) -> None:
    """Beside a running agent there is only a handshake, and TLS 1.3 refuses after it."""
    one = tracker(site)
    site.enrolment.revoke("tracker-1", datetime.now(UTC))
    (found,) = bad(logins(one, agent_runs=True))
    assert "revoked" in found.says


def test_an_expired_tracker_is_refused(site: Site) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    (found,) = bad(logins(tracker(site, expires=yesterday)))
    assert "expired" in found.says
    assert "renew tracker-1" in str(found.remedy)


def test_under_an_expired_list_nobody_gets_in(site: Site) -> None:
    one = tracker(site)
    ca = PkiFolder(site.folder).authority("tracker")
    long_ago = datetime.now(UTC) - authority.CRL_LIFETIME - timedelta(days=1)
    crl = authority.make_crl(ca, [], 99, long_ago)
    (site.folder / "broker" / "trackers.crl").write_bytes(crl)
    site.broker.stop()
    site.broker.start()
    (found,) = bad(logins(one))
    assert (found.name, found.level) == ("broker.login", "fault")


def test_a_broker_that_still_shows_its_old_certificate_is_told(site: Site) -> None:
    server = site.folder / "broker" / "server.crt"
    ca = PkiFolder(site.folder).authority("service")
    made = authority.make_server(ca, "Guardian broker", ["localhost", HOST])
    server.write_bytes(made.issued.certificate)
    (found,) = bad(logins(service(site, "svc.tool.1"), pki=site.folder))
    assert (found.name, found.level) == ("broker.certificate", "warning")
    assert "restart" in str(found.remedy)


def test_a_port_that_speaks_no_tls_is_named(site: Site, tmp_path: Path) -> None:
    one = tracker(site)
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        wrong = replace(one, brokers=(f"mqtts://{HOST}:{port}",))
        began = time.monotonic()
        found = bad(logins(wrong, limit_s=1.0))
    assert time.monotonic() - began < 3
    assert {each.name for each in found} == {"broker.unfinished"}
    assert all("within 1 s" in each.says for each in found)


def test_a_name_without_an_address_is_named(site: Site) -> None:
    one = replace(tracker(site), brokers=("mqtts://broker.invalid:8883",))
    (found,) = bad(logins(one))
    assert "no address" in found.says
    assert "getent hosts broker.invalid" in str(found.remedy)


def test_a_connected_tracker_is_not_disturbed_while_its_agent_runs(
    site: Site, crowd: Crowd
) -> None:
    one = tracker(site)
    agent = crowd.join(
        keys_of(one), site.tracker_port, client_id="tracker-1", clean=False
    ).subscribe("guardian/v1/tracker-1/receipt")  # fmt: skip
    assert bad(logins(one, agent_runs=True)) == []
    dispatcher = crowd.join(
        site.service("svc.dispatcher.1"), site.service_port, client_id="svc.dispatcher.1.x"
    )
    dispatcher.publish("guardian/v1/tracker-1/receipt", b"still here")
    agent.await_message(b"still here")
    assert not agent.down.is_set()


def test_what_waits_for_a_tracker_waits_on(site: Site, crowd: Crowd) -> None:
    one = tracker(site)
    keys = keys_of(one)
    crowd.join(keys, site.tracker_port, client_id="tracker-1", clean=False).subscribe(
        "guardian/v1/tracker-1/receipt"
    ).disconnect()
    dispatcher = crowd.join(
        site.service("svc.dispatcher.1"), site.service_port, client_id="svc.dispatcher.1.x"
    )
    for number in range(5):
        dispatcher.publish("guardian/v1/tracker-1/receipt", f"receipt {number}".encode())
    assert bad(logins(one)) == []
    agent = crowd.join(keys, site.tracker_port, client_id="tracker-1", clean=False)
    agent.await_message(b"receipt 4")
    assert agent.session_present
    assert agent.payloads() == [f"receipt {number}".encode() for number in range(5)]


def test_no_session_is_left_where_there_was_none(site: Site, crowd: Crowd) -> None:
    one = tracker(site)
    assert bad(logins(one)) == []
    agent = crowd.join(keys_of(one), site.tracker_port, client_id="tracker-1", clean=False)
    assert not agent.session_present


def test_two_brokers_of_which_one_is_down(site: Site) -> None:
    one = tracker(site)
    down = f"mqtts://{HOST}:{free_ports(1)[0]}"
    (found,) = bad(logins(replace(one, brokers=(down, *one.brokers))))
    assert down in found.about


def keys_of(one: Party) -> Keys:
    """Return a party's files as the tests' own client takes them."""
    assert one.ca_file is not None
    return Keys(one.ca_file, one.cert_file, one.key_file)
