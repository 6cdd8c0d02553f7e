"""Bytes in any chunking -> sentences whose checksum holds; nothing is decoded before that."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import reduce
from operator import xor

MAX_SENTENCE_BYTES = 1024
"""NMEA allows 82; receivers' own sentences reach some hundreds. More is noise without line ends."""

_MARK = re.compile(rb"[$!]|[^ -~]+")
_CHECKSUM = re.compile(rb"[0-9A-Fa-f]{2}")
_LEADERS = b"$!"
_LINE_ENDS = b"\r\n"


class Framer:
    """Finds sentences in a stream; keeps at most MAX_SENTENCE_BYTES of it.

    A leader (`$`, `!`) begins a sentence whatever came before; the next leader, line end or
    unprintable byte ends it. `rejects` counts what was lost, by reason: `bad_checksum`,
    `no_checksum`, `cut` (another sentence began inside), `noise`, `too_long`.
    """

    def __init__(self) -> None:
        self.rejects: Counter[str] = Counter()
        self._open: bytearray | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield each whole sentence, leader first, without its checksum, in printable ASCII."""
        start = 0
        for mark in _MARK.finditer(data):
            first = data[mark.start()]
            yield from self._finish(data[start : mark.start()], _reason(first))
            if first in _LEADERS:
                self._open = bytearray((first,))
            start = mark.end()
        self._take(data[start:])

    def end(self) -> Iterator[bytes]:
        """Yield what the stream's end completes."""
        yield from self._finish(b"", "cut")

    def _take(self, text: bytes) -> None:
        if self._open is None:
            return
        if len(self._open) + len(text) > MAX_SENTENCE_BYTES:
            self.rejects["too_long"] += 1
            self._open = None
            return
        self._open += text

    def _finish(self, text: bytes, reason: str) -> Iterator[bytes]:
        self._take(text)
        sentence, self._open = self._open, None
        if sentence is None or len(sentence) == 1:
            return
        body, star, checksum = sentence.rpartition(b"*")
        if not star or not _CHECKSUM.match(checksum):
            self.rejects[reason] += 1
        elif reduce(xor, body[1:], 0) != int(checksum[:2], 16):
            self.rejects["bad_checksum"] += 1
        else:
            yield bytes(body)


def _reason(terminator: int) -> str:
    """Name what ended a sentence before its checksum came."""
    if terminator in _LEADERS:
        return "cut"
    return "no_checksum" if terminator in _LINE_ENDS else "noise"
