"""`python -m grafana write` makes the dashboards and rules; `check` says if they are current."""

import sys

import click

from grafana import generated


@click.group()
def main() -> None:
    """Make Grafana's dashboards and the alert rules."""


@main.command()
def write() -> None:
    """Write the files."""
    for path in generated.write():
        click.echo(path)


@main.command()
def check() -> None:
    """Fail when a file is not what the code makes."""
    old = generated.outdated()
    for path in old:
        click.echo(f"{path} is not current: run `make dashboards`", err=True)
    sys.exit(bool(old))


if __name__ == "__main__":
    main(prog_name="python -m grafana")
