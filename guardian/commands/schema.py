"""`guardian schema`: the machine-readable contract."""

from pathlib import Path

import click

import contract
from contract.schema import documents

_FOLDER = Path(contract.__file__).parent / "generated"
_API_FOLDER = Path(contract.__file__).parent.parent / "dispatcher" / "api" / "generated"
_ENDING = ".schema.json"
_OPENAPI = "openapi.json"

_folder = click.argument(
    "folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path)
)


@click.group()
def schema() -> None:
    """JSON Schemas of the messages, AsyncAPI of the topics, OpenAPI of the dispatcher.

    \b
    guardian schema show panic
    """


@schema.command()
@click.argument("name")
def show(name: str) -> None:
    """Print a message's JSON Schema, or `asyncapi`, or `openapi`.

    \b
    guardian schema show location
    guardian schema show asyncapi > guardian.asyncapi.json
    """
    files = [*documents(), _OPENAPI]
    by_name = {file.removesuffix(_ENDING).removesuffix(".json"): file for file in files}
    if name not in by_name:
        raise click.BadParameter(f"{name!r} is none of {', '.join(by_name)}", param_hint="NAME")
    file = by_name[name]
    click.echo(_openapi() if file == _OPENAPI else documents()[file], nl=False)


@schema.command()
@_folder
def write(folder: Path | None) -> None:
    """Write all documents into DIR (where the packages keep them).

    \b
    guardian schema write
    guardian schema write build/schemas
    """
    for path, text in _expected(folder).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    click.echo(f"{len(_expected(folder))} documents in {_named(folder)}")


@schema.command()
@_folder
@click.pass_context
def check(context: click.Context, folder: Path | None) -> None:
    """Exit with 1, naming them, when files in DIR are not what the types say.

    \b
    guardian schema check
    """
    stale = _stale(folder)
    for path in stale:
        click.echo(f"stale: {path}", err=True)
    if stale:
        click.echo("Run: guardian schema write", err=True)
        context.exit(1)
    click.echo(f"{_named(folder)} is current")


def _named(folder: Path | None) -> str:
    return str(folder or _FOLDER)


def _expected(folder: Path | None) -> dict[Path, str]:
    """Return the text of every file."""
    files = {(folder or _FOLDER) / name: text for name, text in documents().items()}
    return files | {(folder or _API_FOLDER) / _OPENAPI: _openapi()}


def _openapi() -> str:
    try:
        from dispatcher.api.app import document  # noqa: PLC0415 - a tracker has no dispatcher
    except ModuleNotFoundError as error:
        raise click.ClickException(f"install guardian-safety[server]: {error}") from error
    return document()


def _stale(folder: Path | None) -> list[Path]:
    """Return the files that are missing, different, or nobody's."""
    expected = _expected(folder)
    present = {path for each in expected for path in each.parent.glob("*.json")}
    return [
        path
        for path in sorted(present | expected.keys())
        if path not in expected
        or path not in present
        or path.read_text(encoding="utf-8") != expected[path]
    ]
