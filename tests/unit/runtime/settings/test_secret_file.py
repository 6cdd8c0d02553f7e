from pathlib import Path

import pytest

from runtime.settings.secret_file import read_secret


@pytest.mark.parametrize("content", [b"geheim", b"geheim\n", b"geheim\r\n", b"geheim\n\n"])
def test_the_trailing_newline_is_not_part_of_the_secret(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s"
    path.write_bytes(content)
    assert read_secret(path) == "geheim"


def test_spaces_are_part_of_the_secret(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text(" a b \n")
    assert read_secret(path) == " a b "


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff\xfe", "is not text in UTF-8"),
        (b"x" * 70_000, "is larger than 65536 bytes"),
    ],
)
def test_a_wrong_file_is_refused_without_showing_it(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = tmp_path / "s"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"^{path} {problem}$"):
        read_secret(path)


def test_a_folder_is_no_secret(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Is a directory"):
        read_secret(tmp_path)
