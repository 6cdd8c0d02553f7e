"""What a tracker may try with retained messages, wills, shared subscriptions and sizes."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from contract.limits import MAX_PAYLOAD_BYTES
from tests.integration.broker.party import V5, V311, Crowd, Message, Party, RefusedError
from tests.integration.broker.site import Site

pytestmark = pytest.mark.integration

VERSIONS = pytest.mark.parametrize("version", [V311, V5], ids=["3.1.1", "5"])
Join = Callable[..., Party]
STATUS = "guardian/v1/tracker-a/status"
OTHERS = (STATUS, "guardian/v1/tracker-a/panic", "guardian/v1/dispatch/notice")


@VERSIONS
def test_a_retained_message_on_anothers_topic_is_not_kept(
    version: MQTTProtocolVersion, tracker: Join, service: Join
) -> None:
    """A later subscriber finds its tracker's own retained status and nothing else."""
    own, other = tracker("tracker-a"), tracker("tracker-b", version=version)
    own.publish(STATUS, b"mine", retain=True)
    for topic in OTHERS:
        other.publish(topic, b"forged", retain=True)
    names = ("svc.ingest.1", "svc.dispatcher.1", "svc.tool.1")
    hearers = [service(name).subscribe("#") for name in names]
    for hearer in hearers:
        assert hearer.await_message(b"mine").retain
    own.publish(STATUS, b"sentinel")
    for hearer in hearers:
        hearer.await_message(b"sentinel")
        assert hearer.payloads() == [b"mine", b"sentinel"]
    own.publish(STATUS, b"", retain=True)


@VERSIONS
def test_a_tracker_reads_no_retained_status_of_another(
    version: MQTTProtocolVersion, tracker: Join, service: Join
) -> None:
    """Retained messages are checked like live ones."""
    own = tracker("tracker-a")
    own.publish(STATUS, b"mine", retain=True)
    other = tracker("tracker-b", version=version).subscribe("#", STATUS, "guardian/v1/+/status")
    service("svc.dispatcher.1").publish("guardian/v1/tracker-b/command", b"sentinel")
    other.await_message(b"sentinel")
    assert other.payloads() == [b"sentinel"]
    own.publish(STATUS, b"", retain=True)


@VERSIONS
@pytest.mark.parametrize("topic", OTHERS)
def test_a_will_on_anothers_topic_is_never_delivered(
    topic: str, version: MQTTProtocolVersion, tracker: Join, service: Join
) -> None:
    """The broker refuses the connection, or keeps the will to itself."""
    names = ("svc.ingest.1", "svc.dispatcher.1", "svc.tool.1")
    hearers = [service(name).subscribe("#") for name in names]
    will = Message(topic, b"forged", retain=True)
    with suppress(RefusedError):
        tracker("tracker-b", version=version, will=will).vanish()
    back = tracker("tracker-b")  # its CONNACK comes after the old connection has ended
    back.publish("guardian/v1/tracker-b/status", b"sentinel")
    for hearer in hearers:
        hearer.await_message(b"sentinel")
        assert hearer.payloads() == [b"sentinel"]


@VERSIONS
def test_the_own_will_is_delivered(
    version: MQTTProtocolVersion, tracker: Join, service: Join
) -> None:
    """The test above would see a will if there were one."""
    dispatcher = service("svc.dispatcher.1").subscribe("guardian/v1/+/status")
    own = Message("guardian/v1/tracker-b/status", b"lost")
    tracker("tracker-b", version=version, will=own).vanish()
    dispatcher.await_message(b"lost")


@VERSIONS
def test_a_tracker_takes_nothing_from_the_subscription_that_ingests_share(
    version: MQTTProtocolVersion, site: Site, tracker: Join, service: Join
) -> None:
    """A member without rights swallows its turns, so the share's name is a secret."""
    share = (site.folder / "services" / "svc.ingest.1" / "share_name").read_text().strip()
    ingest = service("svc.ingest.1").subscribe(f"$share/{share}/guardian/v1/+/location")
    thief = tracker("tracker-b", version=version)
    for guess in ("ingest", "guardian", "svc.ingest.1", share[:-1], "x"):
        thief.subscribe(f"$share/{guess}/guardian/v1/+/location")
    own = tracker("tracker-a")
    sent = [b"%d" % n for n in range(20)]
    for payload in sent:
        own.publish("guardian/v1/tracker-a/location", payload)
    ingest.await_message(sent[-1])
    assert ingest.payloads() == sent
    assert thief.messages == []


@VERSIONS
def test_the_largest_payload_of_the_contract_passes(
    version: MQTTProtocolVersion, site: Site, crowd: Crowd, service: Join
) -> None:
    """Also on the longest topic there can be."""
    longest = "t" * 63
    own = crowd.join(site.forged("tracker", longest), site.tracker_port, longest, version=version)
    ingest = service("svc.ingest.1").subscribe("guardian/v1/+/history")
    payload = b"x" * MAX_PAYLOAD_BYTES
    own.publish(f"guardian/v1/{longest}/history", payload)
    ingest.await_message(payload)


@VERSIONS
def test_a_larger_packet_ends_the_connection_and_is_not_delivered(
    version: MQTTProtocolVersion, tracker: Join, service: Join
) -> None:
    """It is not acknowledged and dropped: the sender notices."""
    ingest = service("svc.ingest.1").subscribe("guardian/v1/+/history", "guardian/v1/+/status")
    own, other = tracker("tracker-a", version=version), tracker("tracker-b")
    own.send("guardian/v1/tracker-a/history", b"x" * (MAX_PAYLOAD_BYTES + 1024))
    assert own.down.wait(10)
    other.publish("guardian/v1/tracker-b/status", b"sentinel")
    ingest.await_message(b"sentinel")
    assert ingest.payloads() == [b"sentinel"]
