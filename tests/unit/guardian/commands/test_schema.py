import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from contract.schema import documents
from guardian.cli import main


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["schema", *arguments])


def test_a_messages_schema_is_shown() -> None:
    result = _run("show", "panic")
    assert result.exit_code == 0
    assert json.loads(result.output)["title"] == "panic"


def test_the_asyncapi_document_is_shown() -> None:
    assert json.loads(_run("show", "asyncapi").output)["asyncapi"] == "3.0.0"


def test_the_openapi_document_is_shown() -> None:
    assert "/api/v1/incidents" in json.loads(_run("show", "openapi").output)["paths"]


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    result = _run("show", "pannic")
    assert result.exit_code == 2
    assert "'pannic' is none of asyncapi, command," in result.output


def test_what_was_written_is_current(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "schemas"
    assert _run("write", str(folder)).exit_code == 0
    assert {each.name for each in folder.iterdir()} == {*documents(), "openapi.json"}
    result = _run("check", str(folder))
    assert (result.exit_code, result.output) == (0, f"{folder} is current\n")


@pytest.mark.parametrize("change", ["edited", "missing", "foreign"])
def test_stale_files_are_named(tmp_path: Path, change: str) -> None:
    _run("write", str(tmp_path))
    path = tmp_path / ("old.schema.json" if change == "foreign" else "panic.schema.json")
    if change == "missing":
        path.unlink()
    else:
        path.write_text("{}")
    result = _run("check", str(tmp_path))
    assert result.exit_code == 1
    assert f"stale: {path}\n" in result.output
    assert result.output.count("stale:") == 1


def test_the_packaged_documents_are_current() -> None:
    assert _run("check").exit_code == 0


@pytest.mark.parametrize("command", [(), ("show",), ("write",), ("check",)])
def test_every_help_has_an_example(command: tuple[str, ...]) -> None:
    result = _run(*command, "--help")
    assert result.exit_code == 0
    assert "guardian schema" in result.output.split("\n\n", 1)[1]
