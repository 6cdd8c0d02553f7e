"""[[channel]] tables: what is refused, and how it is said."""

from pathlib import Path
from typing import get_args

import pytest

from dispatcher.channels.tables import AnyChannelTable, ChannelTable, classes_of
from dispatcher.settings import DispatcherSettings
from runtime.settings import SettingsError, load

SECRET = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
GOOD = f"""
[[channel]]
name = "cad"
type = "webhook"
url = "https://cad.example/hook"
secret = "{SECRET}"
allow = ["10.1.0.0/16"]

[[channel]]
name = "second"
type = "webhook"
url = "https://second.example/hook"
secret_file = "secret"
full = true

[[channel]]
name = "warning-centre"
type = "cap"
folder = "cap"
sender = "guardian@police.example"
addresses = ["dispatch"]

[[channel]]
name = "duty-mail"
type = "email"
host = "mail.police.example"
sender = "guardian@police.example"
to = ["duty@police.example", "chief@police.example"]
username = "guardian"
password_file = "secret"

[[channel]]
name = "sms"
type = "apprise"
url_file = "secret-url"

[[channel]]
name = "rehearsal"
type = "webhook"
url = "https://rehearsal.example/"
secret_file = "secret"
classes = ["test", "canary"]
"""


def read(folder: Path, text: str, **environ: str) -> DispatcherSettings:
    (folder / "secret").write_text(f"{SECRET}\n")
    (folder / "secret-url").write_text("tgram://secret/chat\n")
    config = folder / "dispatcher.toml"
    config.write_text(text)
    return load(
        DispatcherSettings,
        environ={"GUARDIAN_BROKERS": "mqtt://127.0.0.1:1", **environ},
        config=config,
    )


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(folder, text)
    prefix = f"channel in {folder / 'dispatcher.toml'}: "
    assert all(each.startswith(prefix) for each in caught.value.problems)
    return [each.removeprefix(prefix) for each in caught.value.problems]


def table(**fields: str) -> str:
    shared = {
        "name": '"x"', "type": '"webhook"', "url": '"https://x.example/"', "secret": f'"{SECRET}"'
    }  # fmt: skip
    lines = [f"{key} = {value}" for key, value in {**shared, **fields}.items() if value]
    return "\n".join(["[[channel]]", *lines, ""])


def test_several_channels_of_one_type_stand_side_by_side(tmp_path: Path) -> None:
    tables = read(tmp_path, GOOD).channel
    assert [each.name for each in tables] == [
        "cad", "second", "warning-centre", "duty-mail", "sms", "rehearsal",
    ]  # fmt: skip
    assert [each.full for each in tables] == [False, True, False, False, False, False]
    assert classes_of(tables[0]) == {"production"}
    assert classes_of(tables[-1]) == {"test", "canary"}


def test_no_table_shows_its_secrets(tmp_path: Path) -> None:
    shown = repr(read(tmp_path, GOOD))
    assert SECRET not in shown
    assert "tgram" not in shown


def test_every_type_is_named_by_what_is_expected(tmp_path: Path) -> None:
    types = [each.__struct_config__.tag for each in get_args(AnyChannelTable)]
    said = problems(tmp_path, '[[channel]]\nname = "x"\ntype = "fax"')
    assert said == [f"table 1: type: 'fax' is none; expected one of {', '.join(map(str, types))}"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (table(name='"mqtt"'), ["table 1: name: 'mqtt' is reserved"]),
        (table(classes="[]"), ["table 1: classes: expected at least one"]),
        (
            table(classes='["production", "test"]'),
            ["table 1: classes: a channel takes production alone, or test and canary"],
        ),
        (table(secret=""), ["table 1: secret: is required"]),
        (table(secret='"whsec_x"'), ["table 1: secret: expected whsec_ and base64"]),
        (table(url='"ftp://x/"'), ["table 1: url: expected https://host/path"]),
        (table(url='"https://x:99999/"'), ["table 1: url: expected https://host/path"]),
        (table(ful="true"), ["table 1: unknown key 'ful'; did you mean 'full'?"]),
        (
            table(allow='["10.0.0.1/8"]'),
            ["table 1: allow: '10.0.0.1/8': expected a network such as 10.0.0.0/8"],
        ),
        (table() + table(), ["name: 'x' is given 2 times"]),
        (
            table(name='"all"', url='"x"', secret='"y"'),
            [
                "table 1: name: 'all' is reserved",
                "table 1: url: expected https://host/path",
                "table 1: secret: expected whsec_ and base64",
            ],
        ),
        (
            table(type='"cap"', sender='"a b"', addresses="[]", language='"中文"', secret=""),
            [
                "table 1: sender: expected text without spaces, commas, < and &",
                "table 1: addresses: expected at least one; the messages are private",
                "table 1: language: expected a code such as zh-TW",
            ],
        ),
        (
            table(type='"cap"', sender='"a"', addresses='["b"]', folder='"f"'),
            ["table 1: expected exactly one of folder, feed and url"],
        ),
        (
            table(type='"email"', url="", secret="", host='"mx.example"', sender='"a@b\\nBcc: c"',
                  to='["nobody", "x@y"]', security='"none"', username='"u"'),
            [
                "table 1: sender: 'a@b\\nBcc: c' is no e-mail address",
                "table 1: to: 'nobody' is no e-mail address",
                "table 1: username and password belong together",
                "table 1: security: none is only for a server on this machine",
            ],
        ),
        (
            table(type='"apprise"', url='"mysecret"', secret=""),
            ["table 1: url: expected an Apprise URL, service://..."],
        ),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_by_file_table_and_key(
    tmp_path: Path, text: str, said: list[str]
) -> None:
    assert problems(tmp_path, text) == said


def test_a_name_that_breaks_the_form_is_refused(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, table(name='"Duty Mail"'))
    assert said.startswith("table 1: name: ")


def test_the_shorthand_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'webhook' is GUARDIAN_WEBHOOK_URL's"):
        read(
            tmp_path,
            table(name='"webhook"'),
            GUARDIAN_WEBHOOK_URL="https://x.example/",
            GUARDIAN_WEBHOOK_SECRET=SECRET,
        )


def test_every_table_is_a_channel_table() -> None:
    assert all(issubclass(each, ChannelTable) for each in get_args(AnyChannelTable))
