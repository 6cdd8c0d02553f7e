"""Rights at a real Mosquitto, by delivery; and that nobody but the tools hears of the trial."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from contract.messages import CloudEvent
from guardian.doctor.access import version
from guardian.doctor.finding import Finding
from runtime.mqtt.address import parse_broker
from tests.integration.broker.party import Crowd
from tests.integration.broker.site import Site
from tests.integration.doctor.looking import CLOCK, bad, logins, rights, service, services, tracker

pytestmark = pytest.mark.integration


def with_acl(site: Site, change: Callable[[str], str]) -> None:
    """Change the services' access list behind enrolment's back, as an editor would."""
    path = site.folder / "broker" / "services.acl"
    changed = change(path.read_text())
    assert changed != path.read_text()
    path.write_text(changed)
    site.broker.stop()
    site.broker.start()


def says(found: list[Finding]) -> str:
    return "; ".join(each.says for each in bad(found))


def test_on_a_healthy_broker_it_is_one_ok_line(site: Site) -> None:
    (found,) = rights(*services(site))
    assert (found.name, found.level) == ("broker.access", "ok")
    assert "svc.dispatcher.1" in found.says


def test_one_service_alone_is_tried_too(site: Site) -> None:
    for one in services(site):
        assert bad(rights(one)) == []


def test_a_tool_that_may_write_is_found(site: Site) -> None:
    with_acl(site, lambda text: text.replace(
        "user svc.tool.1\n", "user svc.tool.1\ntopic write guardian/v1/dispatch/notice\n"
    ))  # fmt: skip
    found = rights(*services(site))
    assert says(found) == "svc.tool.1 may write notice, and must not"
    assert "enroll list" in str(bad(found)[0].remedy)


def test_everything_for_everybody_is_found(site: Site) -> None:
    with_acl(site, lambda text: text + "\ntopic readwrite guardian/#\n")
    with_acl(site, lambda text: text.replace(
        "user svc.ingest.1\n", "user svc.ingest.1\ntopic readwrite guardian/#\n"
    ))  # fmt: skip
    found = says(rights(*services(site)))
    assert "svc.ingest.1 may write receipt, command, and must not" in found
    assert "svc.ingest.1 gets " in found
    assert "receipt" in found.partition("svc.ingest.1 gets ")[2]


def test_a_dispatcher_that_may_not_write_receipts_is_found(site: Site) -> None:
    """The worst: panics arrive, and no tracker ever hears of it."""
    with_acl(site, lambda text: text.replace("topic write guardian/v1/+/receipt\n", ""))
    found = rights(*services(site))
    assert says(found) == "svc.dispatcher.1 may not write receipt, and must"


def test_an_ingest_that_may_not_name_what_is_stored_is_found(site: Site) -> None:
    with_acl(site, lambda text: text.replace("topic write guardian/v1/+/stored\n", ""))
    assert says(rights(*services(site))) == "svc.ingest.1 may not write stored, and must"


def test_a_tool_that_hears_nothing_is_found_though_its_subscribe_was_granted(site: Site) -> None:
    with_acl(site, lambda text: text.replace("topic read guardian/v1/dispatch/notice\n", ""))
    found = rights(*services(site))
    assert says(found) == "svc.tool.1 does not get the notices of svc.ingest.1, svc.dispatcher.1"


def test_a_leak_of_the_trackers_words_is_found(site: Site, crowd: Crowd) -> None:
    """A real tracker reports while the doctor looks; the tool must not hear it."""
    keys = site.add("tracker-1")
    # The list ends with the tool's lines.
    with_acl(site, lambda text: text + "topic read guardian/v1/+/location\n")
    tracker = crowd.join(keys, site.tracker_port, client_id="tracker-1")
    tracker.publish("guardian/v1/tracker-1/location", b"{}", retain=True)
    assert "svc.tool.1 hears location of trackers, and must not" in says(rights(*services(site)))


def test_trackers_hear_nothing_and_tools_only_a_notice_that_says_what_it_is(
    site: Site, crowd: Crowd
) -> None:
    keys = site.add("tracker-1")
    tracker = crowd.join(keys, site.tracker_port, client_id="tracker-1")
    tracker.subscribe("#", "$SYS/#", "guardian/v1/+/receipt", "guardian/v1/tracker-1/#")
    heard = {}
    for name in ("svc.dispatcher.1", "svc.ingest.1", "svc.tool.1"):
        heard[name] = crowd.join(site.service(name), site.service_port, client_id=f"{name}.x")
        heard[name].subscribe("guardian/#")
    assert bad(rights(*services(site))) == []
    heard["svc.dispatcher.1"].publish("guardian/v1/tracker-1/receipt", b"the last word")
    heard["svc.dispatcher.1"].publish("guardian/v1/dispatch/notice", b"the last word")
    tracker.await_message(b"the last word")
    heard["svc.tool.1"].await_message(b"the last word")
    assert set(tracker.payloads()) == {b"the last word"}
    assert heard["svc.ingest.1"].payloads() == []
    assert heard["svc.dispatcher.1"].payloads() == []
    notices = heard["svc.tool.1"].messages[:-1]
    assert {each.topic for each in notices} == {"guardian/v1/dispatch/notice"}
    assert not any(each.retain for each in notices)
    for each in notices:
        event = msgspec.json.decode(each.payload, type=CloudEvent[dict[str, str]])
        assert event.type == "org.guardian.notice.doctor"


def test_only_the_tool_learns_the_brokers_version(site: Site, tmp_path: Path) -> None:
    broker = parse_broker(service(site, "svc.tool.1").brokers[0])
    told = version(broker, service(site, "svc.tool.1"), CLOCK)
    assert told is not None
    assert "mosquitto version" in told
    assert version(broker, service(site, "svc.ingest.1"), CLOCK) is None


def test_a_tracker_that_may_write_what_is_not_its_own_is_found(site: Site) -> None:
    one = tracker(site)
    path = site.folder / "broker" / "trackers.acl"
    path.write_text(path.read_text() + "pattern write guardian/#\n")
    site.broker.stop()
    site.broker.start()
    (found,) = bad(logins(one))
    assert (found.name, found.level) == ("broker.access", "fault")
    assert found.says == "tracker-1 may write notice, receipt, command, stored, and must not"


def test_a_tracker_that_may_write_only_its_own_is_well(site: Site) -> None:
    found = [each for each in logins(tracker(site)) if each.name == "broker.access"]
    assert [each.level for each in found] == ["ok"]
