"""What each thread has said, in the database; and in memory while that does not commit."""

from collections import OrderedDict
from threading import Lock
from typing import Final, Protocol

from dispatcher.channels.cap.thread import Sent
from dispatcher.errors import StoreUnavailableError
from dispatcher.store import cap_messages
from dispatcher.store.engine import Database

REMEMBERED: Final = 10_000
"""Threads kept in memory: as many as incidents that can be alerted without a database."""


class Threads(Protocol):
    """What was said about each incident through each channel; thread-safe."""

    def read(self, channel: str, incident: str) -> list[Sent]:
        """Return what is known to have been sent, perhaps arrived, in no order."""

    def write(self, channel: str, incident: str, sent: Sent) -> None:
        """Remember a message before it is sent, and again when it has arrived."""


class MemoryThreads:
    """Threads of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._said: OrderedDict[tuple[str, str], dict[str, Sent]] = OrderedDict()

    def read(self, channel: str, incident: str) -> list[Sent]:
        """Return what was written."""
        with self._lock:
            return list(self._said.get((channel, incident), {}).values())

    def write(self, channel: str, incident: str, sent: Sent) -> None:
        """Remember a message; of too many threads the oldest is forgotten."""
        with self._lock:
            self._said.setdefault((channel, incident), {})[sent.identifier] = sent
            self._said.move_to_end((channel, incident))
            while len(self._said) > REMEMBERED:
                self._said.popitem(last=False)

    def forget(self, channel: str, incident: str) -> None:
        """Forget a thread."""
        with self._lock:
            self._said.pop((channel, incident), None)


class StoredThreads:
    """Threads of all dispatchers on one database; what it does not take waits in memory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._memory = MemoryThreads()

    def read(self, channel: str, incident: str) -> list[Sent]:
        """Return what the database and the memory know."""
        held = {each.identifier: each for each in self._memory.read(channel, incident)}
        try:
            with self._database.reading() as connection:
                stored = cap_messages.of(connection, channel, incident)
        except StoreUnavailableError:
            return list(held.values())
        return list({**{each.identifier: each for each in stored}, **held}.values())

    def write(self, channel: str, incident: str, sent: Sent) -> None:
        """Store a message, and what waited in memory with it."""
        self._memory.write(channel, incident, sent)
        try:
            with self._database.writing() as connection:
                for each in self._memory.read(channel, incident):
                    cap_messages.save(connection, channel, incident, each)
        except StoreUnavailableError:
            return
        self._memory.forget(channel, incident)
