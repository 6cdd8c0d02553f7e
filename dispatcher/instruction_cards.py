"""The instruction card of each kind of incident: what the police's standard procedure asks for.

Markdown in, plain pieces out: headings, paragraphs, lists. Whoever shows them sets text, no HTML.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from msgspec import Struct

from contract.errors import PermanentError
from contract.messages import PanicKind
from contract.plain_text import plain

FOLDER: Final = Path(__file__).parent / "cards"
MAX_CARD_BYTES: Final = 16_384
"""What fits on one screen many times over."""
MAX_LINE_CHARS: Final = 1000

_HEADING: Final = re.compile(r"#{1,6}\s+(.*)")
_STEP: Final = re.compile(r"[0-9]{1,3}[.)]\s+(.*)")
_ITEM: Final = re.compile(r"[-*+]\s+(.*)")
_EMPHASIS: Final = re.compile(r"(\*\*|__|\*|_|`)(\S(?:.*?\S)?)\1")


class CardError(PermanentError):
    """An instruction card cannot be read; see GUARDIAN_CARDS_DIR."""


class Piece(Struct, frozen=True, kw_only=True):
    """A heading, a paragraph, a numbered step, or an item of a list."""

    type: Literal["heading", "text", "step", "item"]
    text: str


class Card(Struct, frozen=True, kw_only=True):
    """The card of a kind of incident."""

    kind: PanicKind
    pieces: list[Piece]


class Cards:
    """The cards of a folder, and of ours where it has none; read anew when a file has changed."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folders = [FOLDER] if folder is None else [folder, FOLDER]

    def card(self, kind: PanicKind) -> Card:
        """Return the card of a kind: its own, else `default.md`, of the configured folder first.

        Raises:
            CardError: the file is there and cannot be read.
        """
        for name in (kind, "default"):
            for folder in self._folders:
                path = folder / f"{name}.md"
                if path.is_file():
                    return Card(kind=kind, pieces=list(_read(path, _changed_at(path))))
        raise CardError("there is no default.md")


def pieces(markdown: str) -> list[Piece]:
    """Return a card's pieces; a line that continues a piece belongs to it."""
    found: list[Piece] = []
    continues = False
    for line in markdown.splitlines():
        text = line.strip()
        if not text:
            continues = False
            continue
        piece = _piece(text)
        if continues and piece.type == "text":
            last = found.pop()
            piece = Piece(type=last.type, text=plain(f"{last.text} {piece.text}", MAX_LINE_CHARS))
        found.append(piece)
        continues = piece.type != "heading"
    return found


def _piece(line: str) -> Piece:
    for pattern, type_ in _PATTERNS:
        match = pattern.fullmatch(line)
        if match is not None:
            return Piece(type=type_, text=_words(match[1]))
    return Piece(type="text", text=_words(line))


def _words(text: str) -> str:
    return plain(_EMPHASIS.sub(r"\2", text), MAX_LINE_CHARS)


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        raise CardError(f"{path}: {error.strerror}") from error


@lru_cache(maxsize=32)
def _read(path: Path, _changed_at_ns: int) -> tuple[Piece, ...]:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_CARD_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise CardError(f"{path}: {error}") from error
    return tuple(pieces(text))


_PATTERNS: Final[tuple[tuple[re.Pattern[str], Literal["heading", "step", "item"]], ...]] = (
    (_HEADING, "heading"), (_STEP, "step"), (_ITEM, "item"),
)  # fmt: skip
