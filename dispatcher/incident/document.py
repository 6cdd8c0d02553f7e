"""The tables of docs/incidents.md, from the code; a test holds the page to them."""

from typing import get_args

from contract.limits import BAD_CLOCK_MS, LADDER_REPEAT_S, LADDER_S, LATE_MS, STALE_FIX_MS
from contract.messages import IncidentMark
from dispatcher.errors import REFUSAL_WORDS
from dispatcher.incident.marks import ORDER
from dispatcher.incident.priority import (
    KIND_PRIORITY,
    LEAST_URGENT,
    MOST_URGENT,
    PRESS_RAISES,
    SILENT_RAISES,
)
from dispatcher.incident.states import MAY, TABLE, Either, Outcome, Refusal, Role

_MARKS: dict[IncidentMark, str] = {
    "late": f"the press was older than {LATE_MS // 1000} s when it arrived, by the tracker's "
    "monotonic clock, or without that by the clocks",
    "no_fix": "no position is known",
    "stale_fix": f"the fix is over {STALE_FIX_MS // 1000} s older than the press, or does not say "
    "its time",
    "bad_clock": f"clocks disagree by over {BAD_CLOCK_MS // 1000} s: the tracker's and ours, its "
    "own at the press and at the sending, or the press or the fix is dated after its arrival",
    "unreadable": "at least one field could not be read, or the fix does not say its time",
    "cancel_requested": "a code was typed to stand down; a request, never a stand-down",
    "wrong_code": "a code was typed that is not the holder's",
    "duress": "the duress code was typed: somebody makes the holder cancel",
}


def state_table() -> str:
    """Return a row for each event and a column for each state."""
    states = list(TABLE)
    lines = [_row("", *states), _row(*["---"] * (len(states) + 1))]
    for event in TABLE["raised"]:
        cells = [_cell(TABLE[state][event], state) for state in states]
        lines.append(_row(f"**{event}**", *cells))
    return "\n".join(lines)


def role_table() -> str:
    """Return a row for each event and a column for each role."""
    roles: tuple[Role, ...] = get_args(Role)
    lines = [_row("", *roles), _row(*["---"] * (len(roles) + 1))]
    for event, may in MAY.items():
        cells = ["yes" if role in may else "`not_permitted`" for role in roles]
        lines.append(_row(f"**{event}**", *cells))
    return "\n".join(lines)


def refusal_table() -> str:
    """Return what each refusal says."""
    lines = [_row("refusal", "meaning"), _row("---", "---")]
    return "\n".join([*lines, *(_row(f"`{key}`", words) for key, words in REFUSAL_WORDS.items())])


def priority_table() -> str:
    """Return the priority of each kind, and what raises it."""
    lines = [_row("kind", "priority"), _row("---", "---")]
    lines += [_row(kind, str(priority)) for kind, priority in KIND_PRIORITY.items()]
    lines += [
        _row("silent", f"{SILENT_RAISES} more urgent"),
        _row("each further press", f"{PRESS_RAISES} more urgent, up to {MOST_URGENT}"),
        _row("duress code", f"always {MOST_URGENT}"),
        _row("test or canary", f"always {LEAST_URGENT}"),
    ]
    return "\n".join(lines)


def mark_table() -> str:
    """Return what each mark means."""
    lines = [_row("mark", "meaning"), _row("---", "---")]
    return "\n".join([*lines, *(_row(f"`{mark}`", _MARKS[mark]) for mark in ORDER)])


def ladder_line() -> str:
    """Return when an unacknowledged incident alerts."""
    rungs = ", ".join(map(str, LADDER_S))
    return f"{rungs} s after the raise, then every {LADDER_REPEAT_S} s"


def _cell(outcome: Outcome | Either, state: str) -> str:
    if isinstance(outcome, Either):
        return f"waiting: {_cell(outcome.waiting, state)}; else {_cell(outcome.taken, state)}"
    if isinstance(outcome, Refusal):
        return f"`{outcome.reason}`"
    return "stays" if outcome == state else outcome


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
