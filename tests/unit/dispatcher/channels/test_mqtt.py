import pytest

from contract.codec import decode
from contract.errors import TransientError
from contract.messages import CloudEvent, Incident
from dispatcher.channels.mqtt import MqttChannel
from tests.unit.dispatcher.world import World


class Broker:
    def __init__(self) -> None:
        self.published: list[tuple[str, bytes]] = []
        self.gone = False

    def publish_confirmed(self, topic: str, payload: bytes) -> None:
        if self.gone:
            raise TransientError("gone")
        self.published.append((topic, payload))


def test_the_incident_is_published_without_position_or_words(world: World) -> None:
    incident = world.press(location=world.here(), note="he has a knife").incident
    world.pump()
    broker = Broker()
    channel = MqttChannel(broker, "/guardian/dispatcher/1")
    channel.send(world.channels["log"].sent[0])
    ((topic, payload),) = broker.published
    assert topic == f"guardian/v1/dispatch/incident/{incident}"
    event = decode(CloudEvent[Incident], payload)
    assert (event.subject, event.data.incident, event.data.state) == (incident, incident, "raised")
    assert event.source == "/guardian/dispatcher/1"
    assert b"25.03" not in payload
    assert b"knife" not in payload


def test_a_broker_that_does_not_confirm_is_a_failure(world: World) -> None:
    world.press()
    world.pump()
    broker = Broker()
    broker.gone = True
    with pytest.raises(TransientError):
        MqttChannel(broker, "/x").send(world.channels["log"].sent[0])
