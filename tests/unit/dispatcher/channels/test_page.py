"""docs/channels.md against the code."""

import tomllib
from pathlib import Path
from re import DOTALL, findall
from typing import get_args

import pytest

from dispatcher.channels.tables import AnyChannelTable
from tests.unit.dispatcher.channels.test_tables import SECRET, read

TEXT = (Path(__file__).parents[4] / "docs" / "channels.md").read_text()


def test_the_example_of_the_page_is_read(tmp_path: Path) -> None:
    (example,) = findall(r"```toml\n(.*?)```", TEXT, DOTALL)
    for name in ("cad.secret", "mail.password"):
        (tmp_path / name).write_text(SECRET)
    (tmp_path / "sms.url").write_text("tgram://token/chat")
    assert len(tomllib.loads(example)["channel"]) == 4
    assert [each.name for each in read(tmp_path, example).channel] == [
        "cad", "warning-centre", "duty-mail", "sms",
    ]  # fmt: skip


@pytest.mark.parametrize("struct", get_args(AnyChannelTable))
def test_every_type_and_key_is_on_the_page(struct: type) -> None:
    assert f"| `{struct.__struct_config__.tag}` |" in TEXT  # type: ignore[attr-defined]
    for key in struct.__struct_encode_fields__:  # type: ignore[attr-defined]
        assert key in TEXT
