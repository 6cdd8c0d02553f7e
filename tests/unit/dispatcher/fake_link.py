"""Links to no broker: they remember what goes out, and can be cut."""

from dataclasses import dataclass, field

from runtime.mqtt.errors import NotConnectedError
from runtime.mqtt.interface import Incoming, LinkHandler


@dataclass
class FakeLink:
    """`confirms`: whether PUBACKs come at once, or not at all."""

    handler: LinkHandler
    connection: int | None = 1
    confirms: bool = True
    published: list[tuple[str, bytes]] = field(default_factory=list)
    acknowledged: list[Incoming] = field(default_factory=list)
    packet: int = 0

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None
    ) -> int:
        assert not retain
        assert expiry_s is None
        if self.connection is None:
            raise NotConnectedError("cut by the test")
        self.packet += 1
        self.published.append((topic, payload))
        return self.packet

    def answer(self, message: Incoming, topic: str, payload: bytes) -> int:
        del message
        return self.publish(topic, payload)

    def acknowledge(self, message: Incoming) -> bool:
        self.acknowledged.append(message)
        return message.connection == self.connection


def incoming(topic: str, payload: bytes, *, retain: bool = False, packet: int = 1) -> Incoming:
    return Incoming(topic, payload, retain, 1, packet)
