"""Hostile text made fit for a log, a page, an SMS: one line, no control characters, capped."""

import re

_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_INVISIBLE = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Marks that reverse what the eye reads, and halves of characters that nothing can encode."""


def plain(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text` on one line, without control characters."""
    return _SPACE.sub(" ", _INVISIBLE.sub("", text)).strip()[:limit]
