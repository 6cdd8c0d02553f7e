"""Incidents for other systems on MQTT: guardian/v1/dispatch/incident/{incident}."""

from typing import Protocol

from contract import topics
from contract.cloudevents import incident_event
from contract.codec import encode
from dispatcher.message import Message
from dispatcher.routing import ALL_CLASSES, Route


class Publisher(Protocol):
    """Whoever can publish and wait for the broker."""

    def publish_confirmed(self, topic: str, payload: bytes) -> None:
        """Publish, and return when the broker has acknowledged it.

        Raises:
            TransientError: it has not.
        """


class MqttChannel:
    """Publishes each message as a CloudEvent."""

    route = Route("mqtt", classes=ALL_CLASSES)

    def __init__(self, publisher: Publisher, source: str) -> None:
        self._publisher = publisher
        self._source = source

    def send(self, message: Message) -> None:
        """Publish the incident as it is now."""
        event = incident_event(message.incident, source=self._source, at=message.changed_at)
        topic = topics.INCIDENT.of(message.incident.incident)
        self._publisher.publish_confirmed(topic, encode(event))
