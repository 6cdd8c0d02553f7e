from pathlib import Path
from typing import Any, Literal, Optional

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.settings.values import from_text, from_toml, table_types

HERE = Path("/etc/guardian")


@given(st.integers(-(10**17), 10**17))
def test_whole_numbers_come_back(number: int) -> None:
    assert from_text(int, str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back(number: float) -> None:
    assert from_text(float | None, str(number)) == number


@given(st.lists(st.text(alphabet="abc:/.-", min_size=1)))
def test_tuples_come_back(words: list[str]) -> None:
    assert from_text(tuple[str, ...], ",".join(words)) == tuple(words)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("Yes", True), ("on", True), ("0", False), ("No", False), ("OFF", False)],
)
def test_flags(text: str, *, value: bool) -> None:
    assert from_text(bool, text) is value


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (int, "1_000", "a whole number"),
        (int, "٣", "a whole number"),
        (int, "9" * 30, "a whole number"),
        (float, "nan", "a number"),
        (float, "inf", "a number"),
        (float, "1,5", "a number"),
        (bool, "maybe", "true or false"),
        (Literal["a", "b"], "c", "one of a, b"),
        (tuple[int, ...], "1,x", "a whole number"),
    ],
)
def test_wrong_text_is_refused_with_what_was_expected(kind: Any, text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"^expected {expected}$"):
        from_text(kind, text)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (str, 1, "text"),
        (int, "1", "a whole number"),
        (int, True, "a whole number"),
        (int, 1.0, "a whole number"),
        (float, True, "a number"),
        (float, float("nan"), "a number"),
        (bool, 1, "true or false"),
        (Path, 1, "a path"),
        (Literal["a"], 1, "one of a"),
        (tuple[str, ...], "a,b", "a list"),
        (tuple[str, ...], ["a", 1], "text"),
    ],
)
def test_wrong_toml_is_refused_with_what_was_expected(kind: Any, value: Any, expected: str) -> None:
    with pytest.raises(ValueError, match=f"^expected {expected}$"):
        from_toml(kind, value, HERE)


def test_an_absolute_path_in_toml_stays() -> None:
    assert from_toml(Path, "/var/lib", HERE) == Path("/var/lib")
    assert from_toml(tuple[Path, ...], ["a", "/b"], HERE) == (HERE / "a", Path("/b"))


def test_both_spellings_of_optional_are_understood() -> None:
    assert from_text(Optional[int], "3") == 3  # noqa: UP045 - the spelling is the point
    assert from_toml(int | None, 3, HERE) == 3


class One(msgspec.Struct, tag=True):
    """A struct."""


class Two(msgspec.Struct, tag=True):
    """Another."""


def test_arrays_of_tables_are_told_from_plain_tuples() -> None:
    assert table_types(tuple[One, ...]) == (One,)
    assert table_types(tuple[One | Two, ...]) == (One, Two)
    assert table_types(tuple[str, ...]) == ()
    assert table_types(tuple[Literal["a"], ...]) == ()
    assert table_types(str | None) == ()
