"""docs/operations.md: its commands, as they stand there, on a server that runs."""

import re
from pathlib import Path

import pytest

from tests.integration.systemd.page import blocks
from tests.integration.systemd.site import HOST, PASSWORD, Site
from tests.services.choice import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

PAGE = "operations.md"
DATABASE = "/var/lib/guardian/dispatcher/incidents.db"
STATE = "systemctl is-active guardian-broker guardian-ingest guardian-dispatcher"


def do(site: Site, name: str, typed: str = "") -> str:
    """Type what the page says for a procedure."""
    (block,) = (each for each in blocks(PAGE) if each.where == name)
    return site.server.run(block.text, typed=typed)


def is_well(site: Site) -> None:
    """Wait until both processes say so, and prove it with a press."""
    (health,) = (each.text for each in blocks(PAGE) if each.where == "health")
    wait_until(lambda: "problems" in site.server.run(health, check=False), "a health page", 60)
    wait_until(lambda: _healthy(site, health), "ingest and dispatcher to be well", 60)
    site.wait_for_link()
    site.press()


def _healthy(site: Site, health: str) -> bool:
    return site.server.run(f"{health}\necho well", check=False).endswith("well\n")


def incidents(site: Site) -> dict[str, int]:
    """Return every incident with the number of its presses, from the disk."""
    said = site.server.run(
        "/opt/guardian/bin/python -c 'import sqlite3; "
        f'[print(*row) for row in sqlite3.connect("{DATABASE}").execute("SELECT id, presses FROM '
        "incidents\")]'"
    )
    return {line.split()[0]: int(line.split()[1]) for line in said.splitlines()}


def test_a_press_while_everything_is_stopped_is_heard_afterwards(site: Site) -> None:
    (block,) = (each for each in blocks(PAGE) if each.where == "stop and start")
    stop, start = block.text.splitlines()
    site.server.run(stop)
    assert "inactive\ninactive\ninactive" in site.server.run(STATE, check=False)
    before = len(site.stages())
    site.tracker.run("systemctl kill --signal=USR1 guardian-agent")
    wait_until(lambda: len(site.stages()) > before, "the press in the outbox")
    assert None in site.stages()
    site.server.run(start)
    wait_until(lambda: None not in site.stages(), "*received* after the start", 60)
    is_well(site)


def test_a_backup_is_made_and_sealed(site: Site) -> None:
    """It goes by the lock of enrolment, and can be looked into; the sealed one shows nothing."""
    do(site, "back up")
    do(site, "encrypt")
    do(site, "look")
    mode = site.server.run("stat --dereference --format=%a /var/backups/guardian/last.tar")
    assert mode.strip() == "600"
    site.server.run("! grep --quiet PRIVATE /var/backups/guardian/sealed")
    site.server.run("grep --quiet --text PRIVATE /var/backups/guardian/last.tar")


def test_a_lost_database_comes_back(site: Site) -> None:
    do(site, "back up")
    before = incidents(site)
    site.server.run(f"head --bytes=200000 /dev/urandom > {DATABASE}")
    do(site, "restore the database")
    after = incidents(site)
    assert {each: after.get(each) for each in before} == before
    owner = site.server.run(f"stat --format='%U %a' {DATABASE}").strip()
    assert owner == "guardian 600"
    is_well(site)


def test_a_lost_server_comes_back(site: Site) -> None:
    """Its trackers find it again and trust it; tokens and settings are those of before."""
    do(site, "back up")
    before = incidents(site)
    site.server.run(
        "cp --dereference /var/backups/guardian/last.tar /root/guardian.tar\n"
        "systemctl stop guardian.target 'guardian-*.service'\n"
        "mkdir /root/lost\n"
        "mv /etc/guardian /root/lost/settings\n"
        "mv /var/lib/guardian /root/lost/state\n"
        "mv /etc/mosquitto/guardian /root/lost/broker\n"
    )
    do(site, "restore the server")
    site.server.run("systemctl start guardian.target")
    after = incidents(site)
    assert {each: after.get(each) for each in before} == before
    is_well(site)
    modes = site.server.run(
        "stat --format='%U %a' /etc/guardian/pki/trackers-ca.key /etc/mosquitto/guardian/server.key"
    )
    assert modes.split("\n")[:2] == ["root 600", "mosquitto 600"]
    site.server.run("rm -r /root/lost /root/guardian.tar")


def test_going_back_brings_the_database_of_before(site: Site) -> None:
    """Without the account that was made after the update."""
    as_guardian = "runuser -u guardian -- guardian dispatcher user"
    config = "--config /etc/guardian/dispatcher.toml"
    do(site, "before an update")
    site.server.run(f"{as_guardian} add afterwards {config}", typed=f"{PASSWORD}\n")
    do(site, "go back")
    users = site.server.run(f"{as_guardian} list {config}")
    assert "chen" in users
    assert "afterwards" not in users
    is_well(site)


def test_a_password_and_a_token_are_changed(site: Site) -> None:
    as_guardian = "runuser -u guardian -- guardian dispatcher"
    config = "--config /etc/guardian/dispatcher.toml"
    do(site, "change a password", "another long password\n")
    try:
        assert not _logs_in(site, PASSWORD)
        assert _logs_in(site, "another long password")
    finally:
        do(site, "change a password", f"{PASSWORD}\n")
    old = site.server.run(f"{as_guardian} token add cad --user chen {config}").strip()
    do(site, "change a token")
    new = site.server.run("cat /root/new-token; rm /root/new-token").strip()
    assert (_answers(site, old), _answers(site, new)) == ("401", "200")


def _logs_in(site: Site, password: str) -> bool:
    said = site.server.run(
        "runuser -u guardian -- /opt/guardian/bin/python - <<'END'\n"
        "from dispatcher.accounts import Accounts\n"
        "from dispatcher.errors import WrongCredentialsError\n"
        "from dispatcher.store.engine import Database\n"
        "from runtime.clock import SystemClock\n"
        "try:\n"
        f"    Accounts(Database('sqlite:///{DATABASE}'), SystemClock()).log_in("
        f"'chen', {password!r}, '192.0.2.1')\n"
        "    print('yes')\n"
        "except WrongCredentialsError:\n"
        "    print('no')\n"
        "END"
    )
    return said.endswith("yes\n")


def _answers(site: Site, token: str) -> str:
    return site.server.run(
        "curl --silent --output /dev/null --write-out '%{http_code}' "
        f"--cacert /etc/guardian/pki/services-ca.crt --header 'Authorization: Bearer {token}' "
        f"https://{HOST}:8443/api/v1/incidents"
    )


def test_the_webhook_secret_is_changed(site: Site) -> None:
    """Twice: the second time the file has both, of which the new one comes first."""
    do(site, "change the webhook secret")
    first = site.server.run("cat /etc/guardian/tokens/webhook").split()
    do(site, "change the webhook secret")
    second = site.server.run("cat /etc/guardian/tokens/webhook").split()
    assert second[1] == first[0]
    assert all(re.fullmatch(r"whsec_[A-Za-z0-9+/=]{44}", each) for each in second[:2])
    site.server.run("rm /etc/guardian/tokens/webhook; systemctl restart guardian-dispatcher")
    is_well(site)


def test_the_stores_tokens_are_changed(site: Site) -> None:
    names = ("ingest", "dispatcher", "grafana")
    old = {each: site.server.run(f"cat /etc/guardian/tokens/{each}").strip() for each in names}
    do(site, "change the store's tokens")
    new = {each: site.server.run(f"cat /etc/guardian/tokens/{each}").strip() for each in names}
    assert not set(old.values()) & set(new.values())
    for token, code in ((old["grafana"], "401"), (new["grafana"], "200")):
        assert _influxdb_says(site, token) == code
    _positions_are_stored(site)


def _influxdb_says(site: Site, token: str) -> str:
    return site.server.run(
        "curl --silent --output /dev/null --write-out '%{http_code}' "
        f"--header 'Authorization: Token {token}' "
        "'http://127.0.0.1:8086/query?db=released&q=SHOW+MEASUREMENTS'"
    )


def _positions_are_stored(site: Site) -> None:
    sample = 'guardian_rows_written_total{measurement="location"}'
    wait_until(lambda: _metric(site, sample) > 0, "a position in the store", 90)


def _metric(site: Site, sample: str) -> float:
    text = site.server.run("curl --silent http://127.0.0.1:9101/metrics", check=False)
    found = re.findall(rf"^{re.escape(sample)} (\S+)$", text, re.MULTILINE)
    rows = re.findall(r"^guardian_ingest_rows_written_total (\S+)$", text, re.MULTILINE)
    return float((found or rows or ["0"])[0])


def test_a_services_certificate_is_changed(site: Site) -> None:
    path = "/etc/guardian/pki/services/svc.dispatcher.1/service.key"
    before = site.server.run(f"cat {path}")
    do(site, "change a service's certificate")
    assert site.server.run(f"cat {path}") != before
    is_well(site)


def test_the_servers_certificates_are_changed(site: Site) -> None:
    both = "cat /etc/mosquitto/guardian/server.crt; cat /etc/guardian/pki/https/dispatcher.crt"
    before = site.server.run(both)
    do(site, "change the servers' certificates")
    assert site.server.run(both) != before
    keys = ["/etc/mosquitto/guardian/server.key", "/etc/guardian/pki/https/dispatcher.key"]
    assert site.readable("guardian-watch", "", keys) == [], "hidden from it as the old ones were"
    is_well(site)
    site.server.run(
        f"curl --silent --fail --cacert /etc/guardian/pki/services-ca.crt https://{HOST}:8443/healthz"
    )


def test_a_lost_tracker_is_revoked(site: Site) -> None:
    site.server.run(
        "guardian enroll add tracker-18 --pki /etc/guardian/pki --out /root/tracker-18; "
        "rm -r /root/tracker-18"
    )
    said = do(site, "revoke a tracker")
    assert "The broker has been told" in said
    listed = site.server.run("guardian enroll list --pki /etc/guardian/pki")
    assert re.search(r"^tracker-18 +revoked", listed, re.MULTILINE)
    site.press()


def test_a_tracker_is_renewed(site: Site) -> None:
    """The new certificate is brought over, and the tracker is heard with it."""
    do(site, "renew a tracker")
    for name in ("tracker.crt", "tracker.key"):
        new = site.server.run(f"cat /root/tracker-17-new/{name}")
        site.tracker.run(f"cat > /etc/guardian/{name}", typed=new)
    site.server.run("rm -r /root/tracker-17-new")
    site.tracker.run("systemctl restart guardian-agent")
    site.wait_for_link()
    site.press()


def test_a_full_disk_alerts_from_memory_and_mends_itself(site: Site) -> None:
    """The dispatcher may write no more; then there is room again."""
    pid = site.server.property("guardian-dispatcher", "MainPID")
    alerted, mended = _logged(site, "alerted_from_memory"), _logged(site, "store_up")
    site.server.run(f"prlimit --pid={pid} --fsize=1:")
    try:
        before = len(site.stages())
        site.tracker.run("systemctl kill --signal=USR1 guardian-agent")
        wait_until(lambda: len(site.stages()) > before, "the press in the outbox")
        wait_until(lambda: _logged(site, "alerted_from_memory") > alerted, "an alert from memory")
        assert None in site.stages(), "nobody may be told *received*"
        health = (
            "curl --silent --output /dev/null --write-out '%{http_code}' 127.0.0.1:9102/healthz"
        )
        assert site.server.run(health) == "503"
        do(site, "make room")
    finally:
        site.server.run(f"prlimit --pid={pid} --fsize=unlimited:")
    wait_until(lambda: None not in site.stages(), "*received* when there is room", 60)
    wait_until(lambda: _logged(site, "store_up") > mended, "the end of the alarm")


def _logged(site: Site, event: str) -> int:
    return site.server.journal("guardian-dispatcher").count(event)


def test_a_lost_influxdb_is_begun_anew(site: Site) -> None:
    site.server.run("systemctl stop influxdb; rm -rf /var/lib/influxdb/*")
    do(site, "begin with an empty store")
    _positions_are_stored(site)
    is_well(site)


def test_a_restart_of_the_broker_costs_seconds(site: Site) -> None:
    do(site, "restart the broker")
    site.wait_for_link()
    site.press()


def test_every_block_of_the_page_is_typed_somewhere() -> None:
    source = Path(__file__).read_text()
    assert [each.where for each in blocks(PAGE) if f'"{each.where}"' not in source] == []
