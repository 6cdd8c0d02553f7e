import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.plain_text import plain


@given(st.text(st.characters()), st.integers(0, 100))
def test_any_text_becomes_one_short_line_that_can_be_written(text: str, limit: int) -> None:
    made = plain(text, limit)
    assert len(made) <= limit
    assert len(made.splitlines()) <= 1
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in made)
    made.encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two\r\n\tlines ", "two lines"),
        ("\x1b[2Jhelp\x00me", "[2Jhelp me"),
        ("\u202egpj.exe", "gpj.exe"),
        ("救命 I'm here 🙏", "救命 I'm here 🙏"),
        ("half \ud83d", "half"),
        ("\ufeff", ""),
    ],
)
def test_examples(text: str, expected: str) -> None:
    assert plain(text, 200) == expected


def test_plain_text_stays_as_it_is() -> None:
    assert plain(plain("a \n b", 50), 50) == plain("a \n b", 50) == "a b"
