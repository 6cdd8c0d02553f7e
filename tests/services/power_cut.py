"""A power cut, simulated: what a program's files would hold if the power had gone at any moment.

strace records every write and every fsync. A file's content at a cut is what was written before
its last fsync, plus some of what came after it: nothing, all, or any of it, as disks do. (A single
write is kept whole here or not at all; SQLite's checksums are there for the rest.)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

STRACE = (
    "strace", "-f", "-qq", "-xx", "-y", "-s", "1000000",
    "-e", "trace=write,pwrite64,fsync,fdatasync,ftruncate,unlink",
)  # fmt: skip
"""What to run the program under, with `-o FILE` after it; its files need absolute paths."""

MARK = "committed "
"""What the program writes to its standard output after each durable step, with a number."""

Keep = Literal["nothing", "all", "some"]

_CALL = re.compile(r"^(?:\d+ +)?(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\w+)")
_FILE = re.compile(r"^(?P<number>\d+)<(?P<path>[^>]*)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Step:
    """One call: a write into a file, its fsync, its cut or its end, or the program's mark."""

    kind: Literal["write", "sync", "cut", "gone", "mark"]
    path: str
    offset: int = 0
    data: bytes = b""


@dataclass
class Files:
    """What the disk has for certain, and what it may have."""

    synced: dict[str, bytearray] = field(default_factory=dict)
    loose: dict[str, list[Step]] = field(default_factory=dict)
    committed: int = -1
    """The last mark."""

    def take(self, step: Step) -> None:
        """Let one call happen."""
        if step.kind == "mark":
            self.committed = int(step.data)
        elif step.kind == "gone":
            self.synced.pop(step.path, None)
            self.loose.pop(step.path, None)
        elif step.kind == "sync":
            content = self.synced.setdefault(step.path, bytearray())
            for each in self.loose.pop(step.path, []):
                _apply(content, each)
        else:
            self.loose.setdefault(step.path, []).append(step)

    def after_cut(self, keep: Keep, chance: Random) -> dict[str, bytes]:
        """Return the files as the next start finds them."""
        found = {path: bytearray(content) for path, content in self.synced.items()}
        for path, steps in self.loose.items():
            content = found.setdefault(path, bytearray())
            for step in steps:
                if keep == "all" or (keep == "some" and chance.random() < 0.5):
                    _apply(content, step)
        return {path: bytes(content) for path, content in found.items()}


def steps(trace: Path, folder: Path) -> Iterator[Step]:
    """Read what strace has recorded about the files of one folder."""
    for line in trace.read_text().splitlines():
        call = _CALL.match(line)
        if call is None or call["result"].startswith("-"):
            continue
        path = _path(call["arguments"])
        if path.startswith(f"{folder}/") and not path.endswith("-shm"):  # memory, made anew
            yield _step(call["name"], path, call["arguments"])
        elif call["name"] == "write" and call["arguments"].startswith("1<"):
            text = _bytes(call["arguments"]).decode()
            if text.startswith(MARK):
                yield Step("mark", "", data=text.removeprefix(MARK).encode())


def _path(arguments: str) -> str:
    """Return the file of a call: behind its number, or the first text."""
    file = _FILE.match(arguments)
    if file is None:
        return _bytes(arguments).decode(errors="replace")
    path = file["path"]
    return bytes.fromhex(path.replace("\\x", "")).decode() if path.startswith("\\x") else path


def _step(name: str, path: str, arguments: str) -> Step:
    last = arguments.rpartition(",")[2]
    match name:
        case "fsync" | "fdatasync":
            return Step("sync", path)
        case "ftruncate":
            return Step("cut", path, int(last))
        case "pwrite64":
            return Step("write", path, int(last), _bytes(arguments))
        case "unlink":
            return Step("gone", path)
    raise AssertionError(f"a {name} into {path}, whose place in the file is not known")


def _bytes(arguments: str) -> bytes:
    text = _TEXT.search(arguments)
    assert text is not None, arguments[:200]
    return bytes.fromhex(text[1].replace("\\x", ""))


def _apply(content: bytearray, step: Step) -> None:
    if step.kind == "cut":
        del content[step.offset :]
        content.extend(bytes(max(0, step.offset - len(content))))
        return
    end = step.offset + len(step.data)
    content.extend(bytes(max(0, end - len(content))))
    content[step.offset : end] = step.data
