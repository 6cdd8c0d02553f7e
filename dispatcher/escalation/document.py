"""The tables of docs/escalation.md, from the code; a test holds the page to them."""

from dispatcher.escalation.attendance import GRACE_MS
from dispatcher.escalation.ladder import default_ladder


def ladder_table() -> str:
    """Return the steps of a dispatcher that configures no ladder."""
    ladder = default_ladder()
    lines = [
        "| step | after | channels | called beside all consoles |",
        "| --- | --- | --- | --- |",
    ]
    for number in range(ladder.last + 2):
        call = ladder.call(number, 0)
        seconds = f"{ladder.due_at(0, number) // 1000} s"
        after = seconds if number <= ladder.last else f"{seconds}, then every {ladder.repeat_s} s"
        roles = ", ".join(sorted(call.roles)) or "-"
        lines.append(f"| {number} | {after} | all | {roles} |")
    return "\n".join(lines)


def limits_line() -> str:
    """Return the other times that the page names."""
    ladder = default_ladder()
    return f"{GRACE_MS // 1000} s without a console; {ladder.progress_s} s without progress"
