"""The commands of docs/install.md, in the order in which somebody types them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parents[3] / "docs"
_STEP = re.compile(r"^(?:## |\*\*)(?P<step>.+?)(?:\*\*.*)?$")
_MARK = re.compile(r"^<!-- (?P<verb>run|follow): (?P<what>.+) -->$")
_FENCE = "```"


@dataclass(frozen=True)
class Block:
    """Commands that are typed at once; `where` is the machine, or the choice that they are for."""

    where: str
    step: str
    text: str


def blocks(page: str = "install.md") -> list[Block]:
    """Return all marked blocks of a page, with those of the pages that it says to follow."""
    return list(_blocks((DOCS / page).read_text()))


def unmarked(page: str) -> list[str]:
    """Return the first lines of the shell blocks that carry no mark."""
    lines = (DOCS / page).read_text().splitlines()
    return [
        lines[number + 1]
        for number, line in enumerate(lines)
        if line == _FENCE + "sh" and not _MARK.match(lines[number - 1])
    ]


def packages() -> list[str]:
    """Return what Debian has to bring, all steps together."""
    installs = re.findall(
        r"apt-get install --yes --no-install-recommends (.+)",
        "\n".join(each.text for each in blocks()),
    )
    return sorted({name for line in installs for name in line.split()})


def _blocks(text: str) -> Iterator[Block]:
    step, mark, lines = "", None, iter(text.splitlines())
    for line in lines:
        if line.startswith(_FENCE):
            body = "\n".join(iter(lambda: next(lines), _FENCE))
            if mark is not None:
                yield Block(mark, step, body + "\n")
            mark = None
        elif found := _MARK.match(line):
            mark = found["what"] if found["verb"] == "run" else None
            if found["verb"] == "follow":
                yield from blocks(found["what"])
        elif found := _STEP.match(line):
            step = found["step"]
