"""What holder and dispatcher say to each other: journeys, texts and messages, and their disk."""

from collections.abc import Callable
from typing import Any

from contract import codec
from contract.ids import uuid7
from contract.limits import MAX_TEXT_CHARS
from contract.messages import Command, Journey, JourneyAction, Receipt, Text
from contract.plain_text import plain
from device_agent.interfaces import DiskPort
from device_agent.journey import JourneyRow, Journeys
from device_agent.letters import LetterRow, Letters, LetterTopic, TooManyLettersError
from device_agent.messages import Message, Messages, ProgramPort
from device_agent.moment import Moment
from device_agent.outbox import Changes, Kept
from runtime import logs

_log = logs.get(__name__)


class Correspondence:
    """The holder's side of it."""

    def __init__(
        self, disk: DiskPort, program: ProgramPort | None, randomness: Callable[[int], bytes]
    ) -> None:
        """Take the program that shows messages; None: the holder has to ask for them."""
        self._disk = disk
        self._randomness = randomness
        self.letters = Letters()
        self.journeys = Journeys()
        self.messages = Messages(program)

    def restore(self, kept: Kept, now: float) -> None:
        """Take over what an earlier run left in the outbox."""
        self.letters.restore(kept.letters, now)
        self.journeys.row = kept.journey
        self.messages.restore(kept.messages)

    def start_journey(self, plan: Any, moment: Moment) -> JourneyRow:
        """Begin a journey; see `Journeys.start`.

        Raises:
            JourneyRefusedError, TooManyLettersError: see there.
        """
        before = self.journeys.row
        return self._post(
            self.journeys.start(plan, moment, self._randomness(10)), before, moment.now
        )

    def change_journey(
        self, action: JourneyAction, moment: Moment, due_at: int | None = None
    ) -> JourneyRow:
        """Extend, check in, arrive or cancel; see `Journeys.change`.

        Raises:
            JourneyRefusedError, TooManyLettersError: see there.
        """
        before = self.journeys.row
        return self._post(self.journeys.change(action, moment, due_at=due_at), before, moment.now)

    def text(self, words: str, reply_to: str | None, moment: Moment) -> str:
        """Write to the dispatcher; returns the text's id.

        Raises:
            TooManyLettersError: too many wait already.
        """
        text_id = uuid7(moment.wall_ms, self._randomness(10))
        text = Text(
            text_id=text_id,
            at=moment.wall_ms,
            text=plain(words, MAX_TEXT_CHARS),
            reply_to=reply_to,
        )
        self._add("text", text_id, 0, codec.encode(text), moment.now)
        return text_id

    def take(self, command: Command) -> None:
        """Keep a message of the dispatcher."""
        self.messages.take(command)
        self._disk.save(Changes(messages=self.messages.all()))

    def show(self, *, hushed: bool) -> None:
        """Hand new messages to the program, unless the device has to be still."""
        if self.messages.show(hushed=hushed):
            self._disk.save(Changes(messages=self.messages.all()))

    def ask(self) -> list[Message]:
        """Return all messages to the holder, who has asked."""
        asked = self.messages.ask()
        self._disk.save(Changes(messages=self.messages.all()))
        return asked

    def receipt(self, receipt: Receipt, now: float) -> None:
        """Take a receipt of a journey or a text."""
        covered = self.letters.receipt(receipt, now)
        if covered:
            self._disk.save(Changes(letters=dict.fromkeys(covered)))
        if self.journeys.receipt(receipt):
            _log.info("journey_receipt", stage=receipt.stage, update=receipt.update)
            self._disk.save(Changes(journey=self.journeys.row))

    def everything(self) -> Changes:
        """Return all that the disk has to have."""
        return Changes(
            letters={row.key: row for row in self.letters.all()},
            journey=self.journeys.row,
            messages=self.messages.all(),
        )

    def _post(self, journey: Journey, before: JourneyRow | None, now: float) -> JourneyRow:
        after = self.journeys.row
        assert after is not None  # noqa: S101 - what made the message made the row
        try:
            self._add("journey", journey.journey_id, journey.update, codec.encode(journey), now)
        except TooManyLettersError:
            self.journeys.row = before
            raise
        self._disk.save(Changes(journey=after))
        _log.info("journey", action=journey.action, update=journey.update)
        return after

    def _add(self, topic: LetterTopic, id_: str, update: int, body: bytes, now: float) -> None:
        row = LetterRow(topic=topic, id=id_, update=update, body=body.decode())
        self.letters.add(row, now)
        self._disk.save(Changes(letters={row.key: row}))
