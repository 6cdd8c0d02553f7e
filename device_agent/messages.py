"""What the dispatcher writes to the holder: kept until it is old, shown when it may be."""

from collections import deque
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from contract.messages import Command

KEPT = 16
"""The newest ones; a conversation in an emergency is shorter."""


class ProgramPort(Protocol):
    """A program that shows or speaks a message; see `device_agent.text_fallback.TextProgram`."""

    def give(self, key: str, text: str) -> None:
        """Take a message."""


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message; `shown` when the program has had it or the holder has asked."""

    command_id: str
    at: int
    text: str
    lang: str | None = None
    replies: list[str] = []
    shown: bool = False


class Messages:
    """The messages of the dispatcher, oldest first."""

    def __init__(self, program: ProgramPort | None) -> None:
        self._program = program
        self._kept: deque[Message] = deque(maxlen=KEPT)

    def restore(self, kept: list[Message]) -> None:
        """Take over what an earlier run left."""
        self._kept.extend(kept)

    def all(self) -> list[Message]:
        """Return what is kept."""
        return list(self._kept)

    def take(self, command: Command) -> None:
        """Keep a message."""
        self._kept.append(
            Message(
                command_id=command.command_id,
                at=command.at,
                text=command.text or "",
                lang=command.lang,
                replies=command.replies or [],
            )
        )

    def show(self, *, hushed: bool) -> bool:
        """Hand what is new to the program, unless the device has to be still; True: some was."""
        if self._program is None or hushed:
            return False
        new = [each for each in self._kept if not each.shown]
        for each in new:
            self._program.give(each.command_id, each.text)
        return self._mark_shown() if new else False

    def ask(self) -> list[Message]:
        """Return all to the holder, who has asked."""
        asked = self.all()
        self._mark_shown()
        return asked

    def _mark_shown(self) -> bool:
        shown = [replace(each, shown=True) for each in self._kept]
        self._kept.clear()
        self._kept.extend(shown)
        return True
