"""Commands of the dispatcher: which are news, and which the tracker has carried out."""

from collections import deque
from typing import Literal

from contract.limits import MAX_STATUS_COMMANDS
from contract.messages import Command
from device_agent.moment import Moment

REMEMBERED = 64
"""A command is repeated until `Status` names it, so only the last few can come again."""

Verdict = Literal["carry_out", "seen", "expired", "incomplete"]


class CommandBook:
    """The ids that were carried out, newest last."""

    def __init__(self) -> None:
        self._done: deque[str] = deque(maxlen=REMEMBERED)

    def judge(self, command: Command, moment: Moment, *, clock_lies: bool) -> Verdict:
        """Say what to do with a command; its age counts only where the clock can be believed."""
        if command.command_id in self._done:
            return "seen"
        if command.action == "interval" and command.interval_s is None:
            return "incomplete"
        if command.expires_s is not None and not clock_lies:
            age_ms = moment.wall_ms - command.at
            if age_ms > command.expires_s * 1000:
                return "expired"
        return "carry_out"

    def carried_out(self, command_id: str) -> list[str]:
        """Note that a command was carried out; returns the ids that `Status` names."""
        self._done.append(command_id)
        return list(self._done)[-MAX_STATUS_COMMANDS:]
