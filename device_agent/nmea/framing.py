"""Bytes in any chunking -> sentences whose checksum holds; nothing is decoded before that."""

import re
from collections import Counter

MAX_SENTENCE_BYTES = 1024
"""NMEA allows 82; receivers' own sentences reach some hundreds. More is noise without line ends."""

_SENTENCE = re.compile(rb'[$!][ "#%-~]*')
"""A leader, and what is printable behind it up to the next leader."""
_CHECKSUMS = {
    bytes((high, low)): int(bytes((high, low)), 16)
    for high in b"0123456789ABCDEFabcdef"
    for low in b"0123456789ABCDEFabcdef"
}
_LEADERS = b"$!"
_LINE_ENDS = b"\r\n"
_HALF_BITS = MAX_SENTENCE_BYTES * 8 // 2
_USUAL_BYTES = 128


class Framer:
    """Finds sentences in a stream; keeps at most MAX_SENTENCE_BYTES of it.

    A leader (`$`, `!`) begins a sentence whatever came before; the next leader, line end or
    unprintable byte ends it. `rejects` counts what was lost, by reason: `bad_checksum`,
    `no_checksum`, `cut` (another sentence began inside), `noise`, `too_long`.
    """

    def __init__(self) -> None:
        self.rejects: Counter[str] = Counter()
        self._open = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return each whole sentence, leader first, without its checksum, in printable ASCII."""
        text, self._open = self._open + data, b""
        found = []
        for match in _SENTENCE.finditer(text):
            sentence, end = match[0], match.end()
            if len(sentence) > MAX_SENTENCE_BYTES:
                self.rejects["too_long"] += 1
            elif end == len(text):
                self._open = sentence
            elif (body := self._checked(sentence, text[end])) is not None:
                found.append(body)
        return found

    def end(self) -> list[bytes]:
        """Return what the stream's end completes, as a leader would end it."""
        found, self._open = self.feed(b"$"), b""
        return found

    def _checked(self, sentence: bytes, terminator: int) -> bytes | None:
        """Return the sentence before its last `*`, if the digits behind that hold."""
        body, _, checksum = sentence.rpartition(b"*")
        expected = _CHECKSUMS.get(checksum[:2])  # no digits where there was no star: the leader
        if expected is None:
            if len(sentence) > 1:
                self.rejects[_reason(terminator)] += 1
        elif checksum_of(body) ^ body[0] != expected:
            self.rejects["bad_checksum"] += 1
        else:
            return body
        return None


def checksum_of(text: bytes) -> int:
    """Return the exclusive or of at most MAX_SENTENCE_BYTES: a number folded upon itself."""
    bits = int.from_bytes(text, "big")
    if len(text) > _USUAL_BYTES:
        bits ^= bits >> _HALF_BITS
        bits ^= bits >> 2048
        bits ^= bits >> 1024
    bits ^= bits >> 512
    bits ^= bits >> 256
    bits ^= bits >> 128
    bits ^= bits >> 64
    bits ^= bits >> 32
    bits ^= bits >> 16
    return (bits ^ bits >> 8) & 0xFF


def _reason(terminator: int) -> str:
    """Name what ended a sentence before its checksum came."""
    if terminator in _LEADERS:
        return "cut"
    return "no_checksum" if terminator in _LINE_ENDS else "noise"
