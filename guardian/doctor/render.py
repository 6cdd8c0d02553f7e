"""Findings as lines for people and as JSON for programs."""

from collections.abc import Sequence

import msgspec

from contract.plain_text import plain
from guardian.doctor.finding import Finding, Level

FORM = 1
"""The version of the JSON; it counts up when a field goes or changes its meaning."""
MAX_CHARS = 500
"""Longest text of a finding: words of a broker or a server could be of any length."""

_COLOURS: dict[Level, str] = {"ok": "32", "warning": "33", "fault": "31"}
_LEVELS: tuple[Level, ...] = ("fault", "warning", "ok")


def text(findings: Sequence[Finding], *, colour: bool) -> str:
    """Return one line for each finding, what to do indented below it, and the sum at the end."""
    lines = []
    for each in findings:
        head = f"{each.level:8}"
        head = f"\x1b[{_COLOURS[each.level]}m{head}\x1b[0m" if colour else head
        lines.append(f"{head}{each.name:22} {_plain(each.about)}: {_plain(each.says)}")
        if each.remedy:
            lines.append(f"{'':8}-> {_plain(each.remedy)}")
    lines.append(summary(findings))
    return "\n".join(lines)


def json(findings: Sequence[Finding]) -> str:
    """Return one JSON object; its form is in docs/doctor.md."""
    found = {
        "form": FORM,
        "well": well(findings),
        "counts": {level: _count(findings, level) for level in _LEVELS},
        "findings": [
            msgspec.structs.replace(each, about=_plain(each.about), says=_plain(each.says))
            for each in findings
        ],
    }
    return msgspec.json.format(msgspec.json.encode(found), indent=1).decode()


def well(findings: Sequence[Finding], *, strict: bool = False) -> bool:
    """Say whether there is no fault; `strict`: no warning either."""
    bad = ("fault", "warning") if strict else ("fault",)
    return not any(each.level in bad for each in findings)


def summary(findings: Sequence[Finding]) -> str:
    """Return how many of each level there are."""
    faults, warnings = _count(findings, "fault"), _count(findings, "warning")
    return (
        f"{faults} fault{'' if faults == 1 else 's'}, "
        f"{warnings} warning{'' if warnings == 1 else 's'}, {_count(findings, 'ok')} ok"
    )


def _count(findings: Sequence[Finding], level: Level) -> int:
    return sum(each.level == level for each in findings)


def _plain(words: str) -> str:
    return plain(words, MAX_CHARS)
