"""A handler that writes down what it is told, for tests to wait on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition

from runtime.mqtt.interface import Incoming, Up


@dataclass
class Recorder:
    """Takes everything; `until` waits for a condition on what it has."""

    ups: list[Up] = field(default_factory=list)
    downs: list[tuple[int, str]] = field(default_factory=list)
    messages: list[Incoming] = field(default_factory=list)
    pubacks: list[tuple[int, int, str | None]] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    """The names of all callbacks, in their order."""
    on: dict[str, Callable[[], object]] = field(default_factory=dict)
    """What a callback does after it has taken note: raise, say."""
    changed: Condition = field(default_factory=Condition)

    def on_up(self, up: Up) -> None:
        self._note("on_up", lambda: self.ups.append(up))

    def on_down(self, connection: int, reason: str) -> None:
        self._note("on_down", lambda: self.downs.append((connection, reason)))

    def on_message(self, message: Incoming) -> None:
        self._note("on_message", lambda: self.messages.append(message))

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        self._note("on_puback", lambda: self.pubacks.append((packet, connection, failure)))

    def until(self, condition: Callable[[], object], what: str, seconds: float = 4.0) -> None:
        """Wait until the condition holds; fail with what was waited for."""
        with self.changed:
            assert self.changed.wait_for(condition, seconds), f"in vain for {what}: {self.order}"

    def until_up(self, connections: int = 1) -> Up:
        """Wait for so many connections and return the last."""
        self.until(lambda: len(self.ups) >= connections, f"{connections} connections")
        return self.ups[connections - 1]

    def until_down(self, connections: int = 1) -> str:
        """Wait for the end of so many connections and return the last reason."""
        self.until(lambda: len(self.downs) >= connections, f"{connections} ends")
        return self.downs[connections - 1][1]

    def until_message(self, messages: int = 1) -> Incoming:
        """Wait for so many messages and return the last."""
        self.until(lambda: len(self.messages) >= messages, f"{messages} messages")
        return self.messages[messages - 1]

    def until_puback(self, pubacks: int = 1) -> tuple[int, int, str | None]:
        """Wait for so many answers and return the last."""
        self.until(lambda: len(self.pubacks) >= pubacks, f"{pubacks} PUBACKs")
        return self.pubacks[pubacks - 1]

    def payloads(self) -> list[bytes]:
        """Return the payloads in their order of arrival."""
        return [each.payload for each in self.messages]

    def _note(self, name: str, take: Callable[[], None]) -> None:
        with self.changed:
            take()
            self.order.append(name)
            self.changed.notify_all()
        self.on.get(name, _nothing)()


def _nothing() -> None:
    """Do nothing."""
