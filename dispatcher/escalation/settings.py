"""Settings of the ladder and of the heart that somebody outside watches."""

from dataclasses import dataclass

from contract.limits import LADDER_REPEAT_S
from dispatcher.channels.posting import url_problem
from dispatcher.escalation.ladder import PROGRESS_S, Ladder, Rung, default_ladder
from dispatcher.escalation.tables import ScheduleTable, StepTable
from runtime.settings import setting

LONGEST_GAP_S = 600
"""No ladder may leave an unacknowledged incident quiet for longer."""


def _url(text: str) -> None:
    problem = url_problem(text)
    if problem is not None:
        raise ValueError(problem)


@dataclass(frozen=True, kw_only=True)
class EscalationSettings:
    """When an incident that nobody takes escalates, and whom each step calls."""

    ladder: tuple[StepTable, ...] = setting(
        "GUARDIAN_LADDER",
        default=(),
        help="the steps, a table for each, only in the TOML file: docs/escalation.md; absent: every"
        " channel after 0, 15, 30, 60 and 120 s",
    )
    schedule: tuple[ScheduleTable, ...] = setting(
        "GUARDIAN_SCHEDULE",
        default=(),
        help="who is on duty when, a table for each schedule, only in the TOML file",
    )
    ladder_repeat_s: int = setting(
        "GUARDIAN_LADDER_REPEAT_S",
        default=LADDER_REPEAT_S,
        minimum=10,
        maximum=LONGEST_GAP_S,
        help="after the last step it comes again so often, until somebody acknowledges",
    )
    progress_s: int = setting(
        "GUARDIAN_PROGRESS_S",
        default=PROGRESS_S,
        minimum=30,
        maximum=3600,
        help="an acknowledged incident to which nobody was sent escalates again after so long",
    )
    heartbeat_url: str | None = setting(
        "GUARDIAN_HEARTBEAT_URL",
        default=None,
        check=_url,
        help="fetched every 30 s while every open incident has its next step; a watcher elsewhere"
        " raises the alarm when that ends. Private addresses only by GUARDIAN_WEBHOOK_ALLOW",
    )

    def read_ladder(self) -> Ladder:
        """Return the ladder; a schedule that is not there is nobody (the check says so)."""
        if not self.ladder:
            return default_ladder(self.ladder_repeat_s, self.progress_s)
        known = {each.name: each.schedule() for each in self.schedule}
        rungs = tuple(
            Rung(
                after_s=each.after_s,
                channels=None if each.channels == "all" else frozenset(each.channels),
                roles=frozenset(each.roles),
                schedules=tuple(known[name] for name in each.schedules if name in known),
            )
            for each in self.ladder
        )
        return Ladder(rungs, self.ladder_repeat_s, self.progress_s)
