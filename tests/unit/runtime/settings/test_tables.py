from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from runtime.settings import SettingsError, load, setting


class Webhook(msgspec.Struct, tag="webhook", tag_field="type", kw_only=True, frozen=True):
    url: str
    secret: str = ""
    ca: Path | None = None
    classes: tuple[Literal["production", "test"], ...] = ("production",)


class Log(msgspec.Struct, tag="log", tag_field="type", kw_only=True, frozen=True):
    level: int = 1


class Bounded(msgspec.Struct, tag="bounded", tag_field="type", kw_only=True, frozen=True):
    low: int
    high: int

    def __post_init__(self) -> None:
        problems = [f"{key}: is odd" for key in ("low", "high") if getattr(self, key) % 2]
        if problems:
            raise ValueError("\n".join(problems))


def _few(tables: tuple[msgspec.Struct, ...]) -> None:
    if len(tables) > 3:
        raise ValueError("one too many\nsay less")


@dataclass(frozen=True, kw_only=True)
class Demo:
    channels: tuple[Webhook | Log | Bounded, ...] = setting(
        "GUARDIAN_CHANNEL", default=(), check=_few
    )


def _load(tmp_path: Path, text: str) -> tuple[Webhook | Log | Bounded, ...]:
    path = tmp_path / "g.toml"
    path.write_text(text)
    return load(Demo, environ={}, config=path).channels


def _problem(tmp_path: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        _load(tmp_path, text)
    return str(caught.value).removeprefix(f"channel in {tmp_path}/g.toml: ")


def test_tables_become_structs_in_their_order(tmp_path: Path) -> None:
    text = """
        [[channel]]
        type = "log"
        [[channel]]
        type = "webhook"
        url = "https://x"
        ca = "ca.pem"
        classes = ["test"]
    """
    assert _load(tmp_path, text) == (
        Log(),
        Webhook(url="https://x", ca=tmp_path / "ca.pem", classes=("test",)),
    )


def test_no_table_gives_the_default(tmp_path: Path) -> None:
    assert _load(tmp_path, "") == ()


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("whsec\n")
    text = '[[channel]]\ntype="webhook"\nurl="u"\nsecret_file="s"'
    assert _load(tmp_path, text) == (Webhook(url="u", secret="whsec"),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("channel = 5", "expected an array of tables"),
        ("channel = [5]", "expected an array of tables"),
        ("[channel]\ntype='log'", "expected an array of tables"),
        (
            "[[channel]]\ntype='fax'",
            "table 1: type: 'fax' is none; expected one of webhook, log, bounded",
        ),
        ("[[channel]]\ntype='webhook'", "table 1: url: is required"),
        (
            "[[channel]]\ntype='log'\n[[channel]]\ntype='log'\nlevle=2",
            "table 2: unknown key 'levle'; did you mean 'level'?",
        ),
        (
            "[[channel]]\ntype='webhook'\nurl='u'\nca=5",
            "table 1: ca: expected a path",
        ),
        (
            "[[channel]]\ntype='webhook'\nurl='u'\nsecret='a'\nsecret_file='s'",
            "table 1: secret and secret_file are both given",
        ),
        (
            "[[channel]]\ntype='webhook'\nurl='u'\nsecret_file=5",
            "table 1: secret_file: expected a path",
        ),
    ],
)
def test_a_wrong_table_is_named_by_its_number(tmp_path: Path, text: str, problem: str) -> None:
    assert _problem(tmp_path, text) == problem


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    problem = _problem(tmp_path, '[[channel]]\ntype="webhook"\nurl="u"\nsecret_file="s"')
    assert problem == f"table 1: secret_file: cannot read {tmp_path}/s: No such file or directory"


def test_the_environment_cannot_say_tables() -> None:
    with pytest.raises(SettingsError, match=r"only a TOML file can say this \(\[\[channel\]\]\)"):
        load(Demo, environ={"GUARDIAN_CHANNEL": "log"})


def test_every_problem_of_every_table_is_said_at_once(tmp_path: Path) -> None:
    text = """
        [[channel]]
        type = "webhook"
        secret_file = "nowhere"
        classes = ["staging"]
        colour = 5
        [[channel]]
        type = "fax"
        [[channel]]
        type = "bounded"
        low = 1
        high = 3
    """
    said = _problem(tmp_path, text).replace(f"channel in {tmp_path}/g.toml: ", "").splitlines()
    assert said == [
        "table 1: classes: Invalid enum value 'staging' - at `$[0]`",
        f"table 1: secret_file: cannot read {tmp_path}/nowhere: No such file or directory",
        "table 1: unknown key 'colour'",
        "table 1: url: is required",
        "table 2: type: 'fax' is none; expected one of webhook, log, bounded",
        "table 3: low: is odd",
        "table 3: high: is odd",
    ]


def test_what_the_tables_must_have_together_is_checked_with_all_of_them(tmp_path: Path) -> None:
    said = _problem(tmp_path, "[[channel]]\ntype='log'\n" * 4).splitlines()
    assert said == ["one too many", f"channel in {tmp_path}/g.toml: say less"]
