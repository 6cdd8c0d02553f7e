"""The end of access, and the change of certificates, while the broker runs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker_config.broker_process import BrokerProcess
from broker_config.enrolment import Enrolment
from broker_config.errors import RevokedNameError
from tests.integration.broker.party import Crowd, Party, RefusedError
from tests.integration.broker.site import Keys, Site, start_site, tracker_keys
from tests.services.choice import CONTAINERS_ONLY, wait_until

pytestmark = pytest.mark.integration

Join = Callable[..., Party]
NOT_AUTHORIZED = 0x87


def gets_in(site: Site, keys: Keys, name: str) -> bool:
    """Say whether the broker lets a tracker in, and leave at once."""
    try:
        Party(keys, site.tracker_port, name).disconnect()
    except RefusedError:
        return False
    return True


def await_refusal(site: Site, keys: Keys, name: str) -> None:
    wait_until(lambda: not gets_in(site, keys, name), f"{name} to be refused", 10)


def revoke(site: Site, name: str) -> None:
    site.enrolment.revoke(name, datetime.now(UTC))


def test_a_live_connection_of_a_revoked_tracker_says_and_hears_nothing_more(
    site: Site, crowd: Crowd, tracker: Join, service: Join
) -> None:
    """Mosquitto does not end it, so its rights end."""
    keys = site.add("stolen-live")
    stolen = crowd.join(keys, site.tracker_port, "stolen-live")
    stolen.subscribe("guardian/v1/stolen-live/receipt")
    dispatcher = service("svc.dispatcher.1").subscribe("guardian/v1/+/panic")
    own = tracker("tracker-a")
    stolen.publish("guardian/v1/stolen-live/panic", b"before")
    dispatcher.publish("guardian/v1/stolen-live/receipt", b"receipt before")
    dispatcher.await_message(b"before")
    stolen.await_message(b"receipt before")

    revoke(site, "stolen-live")

    topic = "guardian/v1/stolen-live/panic"
    wait_until(lambda: stolen.publish(topic, b"probe") == NOT_AUTHORIZED, "the denial", 10)
    stolen.publish(topic, b"after")
    dispatcher.publish("guardian/v1/stolen-live/receipt", b"receipt after")
    stolen.publish(topic, b"a round trip")
    own.publish("guardian/v1/tracker-a/panic", b"sentinel")
    dispatcher.await_message(b"sentinel")
    assert set(dispatcher.payloads()) <= {b"before", b"probe", b"sentinel"}
    assert stolen.payloads() == [b"receipt before"]


def test_a_revoked_tracker_does_not_get_in_again_and_others_do(
    site: Site, trackers: dict[str, Keys]
) -> None:
    """Each of several lists counts, also those made within one second."""
    names = ["stolen-1", "stolen-2", "stolen-3"]
    stolen = {name: site.add(name) for name in names}
    assert all(gets_in(site, keys, name) for name, keys in stolen.items())
    for name, keys in stolen.items():
        revoke(site, name)
        await_refusal(site, keys, name)
    assert not any(gets_in(site, keys, name) for name, keys in stolen.items())
    assert gets_in(site, trackers["tracker-a"], "tracker-a")


def test_a_revoked_service_is_out(site: Site, crowd: Crowd) -> None:
    """A stolen host of a service is as real as a stolen tracker."""
    site.enrolment.add_service("svc.tool.7", datetime.now(UTC))
    keys = site.service("svc.tool.7")
    crowd.join(keys, site.service_port, "svc.tool.7").disconnect()
    revoke(site, "svc.tool.7")

    def refused() -> bool:
        try:
            Party(keys, site.service_port, "svc.tool.7").disconnect()
        except RefusedError:
            return True
        return False

    wait_until(refused, "svc.tool.7 to be refused", 10)


def test_a_new_service_is_heard_without_a_restart(site: Site, crowd: Crowd, tracker: Join) -> None:
    """Its rights come with its certificate."""
    site.enrolment.add_service("svc.dispatcher.7", datetime.now(UTC))
    new = crowd.join(site.service("svc.dispatcher.7"), site.service_port, "svc.dispatcher.7")
    topic = "guardian/v1/tracker-a/receipt"
    wait_until(lambda: new.publish(topic, b"probe") != NOT_AUTHORIZED, "its rights", 10)
    own = tracker("tracker-a").subscribe(topic)
    new.publish(topic, b"receipt")
    own.await_message(b"receipt")


def test_a_renewed_tracker_gets_in_with_either_certificate_for_thirty_days(
    site: Site, tmp_path: Path
) -> None:
    """After that the next command, whichever it is, revokes the old one."""
    now = datetime.now(UTC)
    old = site.add("renewed-1")
    site.enrolment.renew("renewed-1", now, out=tmp_path / "new")
    new = tracker_keys(tmp_path / "new")
    assert gets_in(site, old, "renewed-1")
    assert gets_in(site, new, "renewed-1")
    site.enrolment.list(now + timedelta(days=29))
    assert gets_in(site, old, "renewed-1")
    site.enrolment.list(now + timedelta(days=31))
    await_refusal(site, old, "renewed-1")
    assert gets_in(site, new, "renewed-1")


def test_a_name_that_is_enrolled_again_works_and_its_old_certificate_does_not(
    site: Site, tmp_path: Path, crowd: Crowd, service: Join
) -> None:
    """The denial goes, the old certificate stays on the list."""
    old = site.add("again-1")
    revoke(site, "again-1")
    await_refusal(site, old, "again-1")
    site.enrolment.add("again-1", datetime.now(UTC), out=tmp_path / "again", again=True)
    new = crowd.join(tracker_keys(tmp_path / "again"), site.tracker_port, "again-1")
    topic = "guardian/v1/again-1/panic"
    wait_until(lambda: new.publish(topic, b"probe") != NOT_AUTHORIZED, "its rights", 10)
    dispatcher = service("svc.dispatcher.1").subscribe(topic)
    new.publish(topic, b"help")
    dispatcher.await_message(b"help")
    assert not gets_in(site, old, "again-1")


@pytest.mark.skipif(CONTAINERS_ONLY, reason="a container's process ids mean nothing outside")
def test_enrolment_finds_the_broker_by_its_pid_file(tmp_path: Path) -> None:
    """Without being told anything, in its own folder; and it knows when it is gone."""
    now = datetime.now(UTC)
    site = start_site(tmp_path)
    try:
        by_pid_file = Enrolment(site.folder)
        keys = site.add("lost-1")
        assert gets_in(site, keys, "lost-1")
        assert by_pid_file.revoke("lost-1", now + timedelta(days=1)).broker == "reloaded"
        await_refusal(site, keys, "lost-1")
        with pytest.raises(RevokedNameError, match="restart the broker first"):
            by_pid_file.add("lost-1", now, out=tmp_path / "again", again=True)
        other = Enrolment(site.folder, broker=BrokerProcess(tmp_path / "no such file"))
        site.add("lost-2")
        assert other.revoke("lost-2", now).broker == "not_running"
    finally:
        site.broker.stop()
    assert by_pid_file.revoke("lost-1", now).broker == "not_running"
    by_pid_file.add("lost-1", now, out=tmp_path / "again", again=True)
    site.broker.start()
    try:
        assert gets_in(site, tracker_keys(tmp_path / "again"), "lost-1")
        assert not gets_in(site, keys, "lost-1")
    finally:
        site.broker.stop()
