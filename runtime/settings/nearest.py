"""What an unknown key was probably meant to be."""

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str | None]) -> str:
    """Return `; did you mean ...?` with the nearest known word, or nothing when none is near."""
    found = difflib.get_close_matches(word, [each for each in known if each], n=1, cutoff=0.5)
    return f"; did you mean {found[0]!r}?" if found else ""
