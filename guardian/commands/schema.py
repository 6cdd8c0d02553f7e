"""`guardian schema`: the machine-readable contract."""

from pathlib import Path

import click

import contract
from contract.schema import documents

_FOLDER = Path(contract.__file__).parent / "generated"
_ENDING = ".schema.json"

_folder = click.argument(
    "folder",
    metavar="[DIR]",
    default=_FOLDER,
    type=click.Path(file_okay=False, path_type=Path),
)


@click.group()
def schema() -> None:
    r"""JSON Schemas of the messages, and AsyncAPI of the topics.

    \b
    guardian schema show panic
    """


@schema.command()
@click.argument("name")
def show(name: str) -> None:
    r"""Print a message's JSON Schema, or `asyncapi`.

    \b
    guardian schema show location
    guardian schema show asyncapi > guardian.asyncapi.json
    """
    by_name = {file.removesuffix(_ENDING).removesuffix(".json"): file for file in documents()}
    if name not in by_name:
        raise click.BadParameter(f"{name!r} is none of {', '.join(by_name)}", param_hint="NAME")
    click.echo(documents()[by_name[name]], nl=False)


@schema.command()
@_folder
def write(folder: Path) -> None:
    r"""Write all documents into DIR (where the package keeps them).

    \b
    guardian schema write
    guardian schema write build/schemas
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (folder / name).write_text(text, encoding="utf-8")
    click.echo(f"{len(documents())} documents in {folder}")


@schema.command()
@_folder
@click.pass_context
def check(context: click.Context, folder: Path) -> None:
    r"""Exit with 1, naming them, when files in DIR are not what the types say.

    \b
    guardian schema check
    """
    stale = _stale(folder)
    for path in stale:
        click.echo(f"stale: {path}", err=True)
    if stale:
        click.echo("Run: guardian schema write", err=True)
        context.exit(1)
    click.echo(f"{folder} is current")


def _stale(folder: Path) -> list[Path]:
    """Return the files that are missing, different, or nobody's."""
    expected = documents()
    present = {path.name for path in folder.glob("*.json")}
    return [
        folder / name
        for name in sorted(present | expected.keys())
        if name not in expected
        or name not in present
        or (folder / name).read_text(encoding="utf-8") != expected[name]
    ]
