from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from runtime.settings import Row, help_text, markdown, rows, setting


class Button(msgspec.Struct):
    line: int


@dataclass(frozen=True, kw_only=True)
class Demo:
    name: str = setting("GUARDIAN_NAME", help="what it is called | not how")
    mode: Literal["fast", "slow"] = setting("GUARDIAN_MODE", default="fast", help="how")
    loud: bool = setting("GUARDIAN_LOUD", default=False)
    words: tuple[str, ...] = setting("GUARDIAN_WORDS", default=("a", "b"), help="w " * 60)
    path: Path | None = setting("GUARDIAN_PATH", default=None)
    token: str = setting("GUARDIAN_TOKEN", secret=True)
    buttons: tuple[Button, ...] = setting("GUARDIAN_BUTTON", default=())


def test_each_setting_has_a_row() -> None:
    assert rows(Demo) == [
        Row("GUARDIAN_NAME", "required", "what it is called | not how"),
        Row("GUARDIAN_MODE", "fast", "how; one of fast, slow"),
        Row("GUARDIAN_LOUD", "false", ""),
        Row("GUARDIAN_WORDS", "a,b", "w " * 60),
        Row("GUARDIAN_PATH", "", ""),
        Row("GUARDIAN_TOKEN", "required", "secret, or a file in GUARDIAN_TOKEN_FILE"),
        Row("[[button]]", "", ""),
    ]


def test_the_markdown_is_a_table() -> None:
    lines = markdown(Demo).splitlines()
    assert lines[0] == "| setting | default | meaning |"
    assert lines[2] == r"| `GUARDIAN_NAME` | required | what it is called \| not how |"
    assert lines[3] == "| `GUARDIAN_MODE` | `fast` | how; one of fast, slow |"
    assert lines[6] == "| `GUARDIAN_PATH` |  |  |"


def test_the_help_fits_a_terminal() -> None:
    text = help_text(Demo)
    assert "  GUARDIAN_MODE [fast]\n      how; one of fast, slow\n" in text
    assert "  GUARDIAN_PATH\n" in text
    assert max(map(len, text.splitlines())) <= 80
