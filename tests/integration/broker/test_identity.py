"""Who gets in at all, as whom, and with whose session."""

from collections.abc import Callable

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from tests.integration.broker.party import V5, V311, Crowd, Party, RefusedError
from tests.integration.broker.site import Keys, Site

pytestmark = pytest.mark.integration

VERSIONS = pytest.mark.parametrize("version", [V311, V5], ids=["3.1.1", "5"])
DISPATCHER = "svc.dispatcher.1"
PANIC = "guardian/v1/tracker-a/panic"


@VERSIONS
@pytest.mark.parametrize("listener", ["tracker_port", "service_port"])
def test_a_stranger_without_a_certificate_is_refused(
    listener: str, version: MQTTProtocolVersion, site: Site, crowd: Crowd
) -> None:
    """Who has no certificate is not even asked for a name."""
    with pytest.raises(RefusedError):
        crowd.join(Keys(site.ca), getattr(site, listener), "tracker-a", version=version)


def test_each_listener_refuses_the_others_certificates(
    site: Site, trackers: dict[str, Keys], crowd: Crowd
) -> None:
    """Trackers and services have an authority each, and a door each."""
    with pytest.raises(RefusedError):
        crowd.join(trackers["tracker-a"], site.service_port, "tracker-a")
    with pytest.raises(RefusedError):
        crowd.join(site.service(DISPATCHER), site.tracker_port, DISPATCHER)


@pytest.mark.parametrize("listener", ["tracker_port", "service_port"])
def test_the_brokers_own_certificate_opens_no_door(listener: str, site: Site, crowd: Crowd) -> None:
    """A server's certificate is good for a server alone."""
    with pytest.raises(RefusedError):
        crowd.join(site.server(), getattr(site, listener), DISPATCHER)


@VERSIONS
@pytest.mark.parametrize("name", [DISPATCHER, "svc.ingest.1", "svc.tool.1", "svc.dispatcher.9"])
@pytest.mark.parametrize("listener", ["tracker_port", "service_port"])
def test_a_services_name_signed_by_the_trackers_authority_is_refused(
    name: str, listener: str, version: MQTTProtocolVersion, site: Site, crowd: Crowd
) -> None:
    """Even the stolen key of the trackers' authority makes no service."""
    forged = site.forged("tracker", name)
    with pytest.raises(RefusedError):
        crowd.join(forged, getattr(site, listener), name, version=version)


def test_the_trackers_authority_itself_is_accepted_when_forging_a_plain_name(
    site: Site, crowd: Crowd
) -> None:
    """The refusals above are about the name, and not about how the test signs."""
    crowd.join(site.forged("tracker", "forged-1"), site.tracker_port, "forged-1")


@VERSIONS
def test_a_trackers_name_signed_by_the_services_authority_has_no_rights(
    version: MQTTProtocolVersion,
    site: Site,
    crowd: Crowd,
    tracker: Callable[..., Party],
    service: Callable[..., Party],
) -> None:
    """The services' listener knows services only, each by its name."""
    odd = crowd.join(
        site.forged("service", "tracker-a"), site.service_port, "odd", version=version
    ).subscribe("#", "guardian/v1/tracker-a/receipt")
    dispatcher = service(DISPATCHER).subscribe(PANIC)
    own = tracker("tracker-a").subscribe("guardian/v1/tracker-a/receipt")
    odd.publish(PANIC, b"odd")
    dispatcher.publish("guardian/v1/tracker-a/receipt", b"receipt")
    own.await_message(b"receipt")
    own.publish(PANIC, b"own")
    dispatcher.await_message(b"own")
    odd.publish(PANIC, b"a round trip, so that anything for it had arrived")
    assert dispatcher.payloads() == [b"own"]
    assert odd.messages == []


@VERSIONS
def test_a_tracker_that_asks_for_a_services_client_id_takes_nothing_over(
    version: MQTTProtocolVersion, tracker: Callable[..., Party], service: Callable[..., Party]
) -> None:
    """Its client id is its certificate's name, whatever it says."""
    dispatcher = service(DISPATCHER).subscribe(PANIC)
    thief = tracker("tracker-b", client_id=DISPATCHER, version=version).subscribe("#", PANIC)
    own = tracker("tracker-a")
    own.publish(PANIC, b"help")
    dispatcher.await_message(b"help")
    thief.publish("guardian/v1/tracker-b/location", b"a round trip")
    assert not dispatcher.down.is_set()
    assert thief.messages == []


@VERSIONS
def test_a_tracker_cannot_wipe_the_session_of_an_absent_service(
    version: MQTTProtocolVersion, tracker: Callable[..., Party], service: Callable[..., Party]
) -> None:
    """What waits for the dispatcher is there when it returns."""
    name = "svc.dispatcher.1.inbox"
    service(DISPATCHER, client_id=name, clean=False).subscribe(PANIC).disconnect()
    own = tracker("tracker-a")
    own.publish(PANIC, b"before")
    tracker("tracker-b", client_id=name, version=version, clean=True).subscribe("#").disconnect()
    own.publish(PANIC, b"after")
    back = service(DISPATCHER, client_id=name, clean=False)
    assert back.session_present
    back.await_message(b"after")
    assert back.payloads() == [b"before", b"after"]
    service(DISPATCHER, client_id=name, clean=True).disconnect()


def test_a_tracker_cannot_meet_another_trackers_session(tracker: Callable[..., Party]) -> None:
    """Asking for another tracker's client id leaves it connected."""
    victim = tracker("tracker-a")
    tracker("tracker-b", client_id="tracker-a").publish("guardian/v1/tracker-b/text", b"x")
    victim.publish("guardian/v1/tracker-a/text", b"still here")
    assert not victim.down.is_set()


def test_a_service_with_anothers_client_id_gets_its_own_rights_only(
    tracker: Callable[..., Party], service: Callable[..., Party]
) -> None:
    """Services choose client ids and trust each other in that; rights go by the certificate."""
    name = "svc.dispatcher.1.taken"
    service(DISPATCHER, client_id=name, clean=False).subscribe(PANIC).disconnect()
    own = tracker("tracker-a")
    own.publish(PANIC, b"for the dispatcher")
    taker = service("svc.tool.1", client_id=name, clean=False)
    taker.subscribe("guardian/v1/tracker-a/status")
    own.publish(PANIC, b"also for the dispatcher")
    own.publish("guardian/v1/tracker-a/status", b"for everybody")
    taker.await_message(b"for everybody")
    assert taker.payloads() == [b"for everybody"]
    service("svc.tool.1", client_id=name, clean=True).disconnect()
