from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from runtime.settings import SettingsError, load, setting


def _even(value: int) -> None:
    if value % 2:
        raise ValueError("expected an even number")


@dataclass(frozen=True, kw_only=True)
class Demo:
    name: str = setting("GUARDIAN_NAME", help="what it is called")
    count: int = setting("GUARDIAN_COUNT", default=2, minimum=0, maximum=10, check=_even)
    share: float | None = setting("GUARDIAN_SHARE", default=None)
    loud: bool = setting("GUARDIAN_LOUD", default=False)
    folder: Path = setting("GUARDIAN_FOLDER", default=Path("/var"))
    mode: Literal["fast", "slow"] = setting("GUARDIAN_MODE", default="fast")
    words: tuple[str, ...] = setting("GUARDIAN_WORDS", default=())
    numbers: tuple[int, ...] = setting("GUARDIAN_NUMBERS", default=(), check=_even)
    token: str | None = setting("INFLUXDB_V2_TOKEN", default=None, secret=True)


@dataclass(frozen=True, kw_only=True)
class Other:
    station: str = setting("GUARDIAN_STATION", default="")
    pass_word: str | None = setting("GUARDIAN_PASS_WORD", default=None, secret=True)


Write = Callable[[str], Path]


@pytest.fixture
def toml(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "guardian.toml"
        path.write_text(text)
        return path

    return write


def _problems(environ: dict[str, str], config: Path | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(Demo, environ={"GUARDIAN_NAME": "x", **environ}, config=config)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_defaults_stand_where_nothing_is_set() -> None:
    assert load(Demo, environ={"GUARDIAN_NAME": "x"}) == Demo(name="x")


def test_every_type_is_read_from_the_environment() -> None:
    settings = load(
        Demo,
        environ={
            "GUARDIAN_NAME": "a b",
            "GUARDIAN_COUNT": "4",
            "GUARDIAN_SHARE": "0.25",
            "GUARDIAN_LOUD": "TRUE",
            "GUARDIAN_FOLDER": "/tmp",
            "GUARDIAN_MODE": "slow",
            "GUARDIAN_WORDS": "a, b,",
            "GUARDIAN_NUMBERS": "2,4",
            "INFLUXDB_V2_TOKEN": "t",
        },
    )
    assert settings == Demo(
        name="a b",
        count=4,
        share=0.25,
        loud=True,
        folder=Path("/tmp"),
        mode="slow",
        words=("a", "b"),
        numbers=(2, 4),
        token="t",
    )


def test_every_type_is_read_from_toml(toml: Write) -> None:
    config = toml(
        'name = "x"\ncount = 4\nshare = 1\nloud = true\nfolder = "sub"\nmode = "slow"\n'
        'words = ["a,b"]\nnumbers = [2]\ninfluxdb_v2_token = "t"\n'
    )
    settings = load(Demo, environ={}, config=config)
    assert settings == Demo(
        name="x",
        count=4,
        share=1.0,
        loud=True,
        folder=config.parent / "sub",
        mode="slow",
        words=("a,b",),
        numbers=(2,),
        token="t",
    )
    assert isinstance(settings.share, float)


def test_the_environment_wins_over_the_file(toml: Write) -> None:
    config = toml('name = "file"\ncount = 4\n')
    settings = load(Demo, environ={"GUARDIAN_NAME": "env"}, config=config)
    assert (settings.name, settings.count) == ("env", 4)


def test_an_empty_variable_is_not_set(toml: Write) -> None:
    """Compose writes an empty variable for `${X:-}`."""
    settings = load(
        Demo, environ={"GUARDIAN_NAME": "", "GUARDIAN_COUNT": ""}, config=toml("name='f'")
    )
    assert (settings.name, settings.count) == ("f", 2)


def test_a_relative_path_in_the_environment_is_relative_to_the_process() -> None:
    settings = load(Demo, environ={"GUARDIAN_NAME": "x", "GUARDIAN_FOLDER": "sub"})
    assert settings.folder == Path("sub")


def test_what_is_required_and_missing_is_named_with_its_help() -> None:
    with pytest.raises(SettingsError, match="GUARDIAN_NAME: is required: what it is called"):
        load(Demo, environ={})


def test_all_problems_are_reported_together(toml: Write) -> None:
    config = toml("loud = 1\nnmae = 'x'\n")
    problems = _problems({"GUARDIAN_COUNT": "ten", "GUARDIAN_MODE": "medium"}, config)
    assert problems == (
        f"nmae in {config}: unknown key; did you mean 'name'?",
        "GUARDIAN_COUNT: 'ten': expected a whole number",
        f"loud in {config}: 1: expected true or false",
        "GUARDIAN_MODE: 'medium': expected one of fast, slow",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-2", "expected at least 0"),
        ("12", "expected at most 10"),
        ("3", "expected an even number"),
        ("4.0", "expected a whole number"),
    ],
)
def test_values_out_of_their_range_are_refused(text: str, expected: str) -> None:
    assert _problems({"GUARDIAN_COUNT": text}) == (f"GUARDIAN_COUNT: {text!r}: {expected}",)


def test_each_element_of_a_tuple_is_checked() -> None:
    (problem,) = _problems({"GUARDIAN_NUMBERS": "2,3"})
    assert problem == "GUARDIAN_NUMBERS: '2,3': expected an even number"


def test_a_long_value_is_cut_in_the_message() -> None:
    (problem,) = _problems({"GUARDIAN_COUNT": "9" * 1000})
    assert len(problem) < 150


def test_keys_of_other_processes_pass_when_their_types_are_named(toml: Write) -> None:
    config = toml("name = 'x'\nstation = 'Zhongzheng'\npass_word_file = 'p'\n")
    assert load(Demo, environ={}, config=config, shared=(Other,)).name == "x"
    with pytest.raises(SettingsError, match=r"station in .*: unknown key"):
        load(Demo, environ={}, config=config)


def test_a_table_nobody_knows_is_an_unknown_key(toml: Write) -> None:
    (problem,) = _problems({}, toml("[zzzzzz]\na = 1\n"))
    assert problem.endswith("guardian.toml: unknown key")


class TestSecrets:
    """A secret comes from a variable, a key, or a file that either names."""

    @pytest.fixture
    def secret_file(self, tmp_path: Path) -> Path:
        path = tmp_path / "token"
        path.write_text("hunter2\n")
        path.chmod(0o400)
        return path

    def test_a_variable_may_name_the_file(self, secret_file: Path) -> None:
        environ = {"GUARDIAN_NAME": "x", "INFLUXDB_V2_TOKEN_FILE": str(secret_file)}
        assert load(Demo, environ=environ).token == "hunter2"

    def test_a_key_may_name_the_file_relative_to_the_toml_file(
        self, toml: Write, secret_file: Path
    ) -> None:
        config = toml(f"name = 'x'\ninfluxdb_v2_token_file = '{secret_file.name}'\n")
        assert load(Demo, environ={}, config=config).token == "hunter2"

    def test_the_environments_file_wins_over_the_tomls_value(
        self, toml: Write, secret_file: Path
    ) -> None:
        config = toml("name = 'x'\ninfluxdb_v2_token = 'other'\n")
        environ = {"INFLUXDB_V2_TOKEN_FILE": str(secret_file)}
        assert load(Demo, environ=environ, config=config).token == "hunter2"

    def test_value_and_file_together_are_refused(self, toml: Write) -> None:
        both = {"INFLUXDB_V2_TOKEN": "a", "INFLUXDB_V2_TOKEN_FILE": "/f"}
        assert _problems(both) == ("INFLUXDB_V2_TOKEN and INFLUXDB_V2_TOKEN_FILE are both set",)
        config = toml("influxdb_v2_token = 'a'\ninfluxdb_v2_token_file = 'f'\n")
        (problem,) = _problems({}, config)
        assert problem.endswith("are both given")

    def test_only_a_secret_may_come_from_a_file(self, tmp_path: Path) -> None:
        environ = {"GUARDIAN_NAME_FILE": str(tmp_path), "GUARDIAN_NAME": "x"}
        assert load(Demo, environ=environ).name == "x"

    def test_an_unreadable_file_is_named(self, tmp_path: Path, toml: Write) -> None:
        missing = tmp_path / "missing"
        expected = f"cannot read {missing}: No such file or directory"
        assert _problems({"INFLUXDB_V2_TOKEN_FILE": str(missing)}) == (
            f"INFLUXDB_V2_TOKEN_FILE: {expected}",
        )
        config = toml("influxdb_v2_token_file = 'missing'\n")
        assert _problems({}, config) == (f"influxdb_v2_token_file in {config}: {expected}",)

    def test_the_file_is_named_by_text(self, toml: Write) -> None:
        (problem,) = _problems({}, toml("influxdb_v2_token_file = 5\n"))
        assert problem.endswith("guardian.toml: expected a path")

    def test_a_wrong_secret_is_never_shown(self, toml: Write) -> None:
        config = toml("influxdb_v2_token = 123456789\n")
        (problem,) = _problems({}, config)
        assert problem == f"influxdb_v2_token in {config}: expected text"

    def test_a_secret_is_not_in_the_repr(self) -> None:
        assert "hunter2" not in repr(Demo(name="x", token="hunter2"))


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    (problem,) = _problems({}, tmp_path / "none.toml")
    assert problem == f"{tmp_path / 'none.toml'}: cannot be read: No such file or directory"


@pytest.mark.parametrize("content", [b"name =", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    (problem,) = _problems({}, path)
    assert problem.startswith(f"{path}: is not TOML")


def test_a_type_may_check_its_settings_together() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Pair:
        low: int = setting("GUARDIAN_LOW", default=1)
        high: int = setting("GUARDIAN_HIGH", default=2)

        def __post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError("GUARDIAN_LOW is above GUARDIAN_HIGH")

    with pytest.raises(SettingsError, match="GUARDIAN_LOW is above GUARDIAN_HIGH"):
        load(Pair, environ={"GUARDIAN_LOW": "3"})
