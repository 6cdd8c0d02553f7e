"""The `guardian` command. Each sub-command is imported only when it is called."""

from importlib import import_module

import click

from guardian import EXIT_INTERRUPTED

_COMMANDS = {
    "agent": "guardian.commands.agent:agent",
    "backup": "guardian.commands.backup:backup",
    "broker": "guardian.commands.broker:broker",
    "canary": "guardian.commands.canary:canary",
    "decode": "guardian.commands.decode:decode",
    "demo": "guardian.commands.demo:demo",
    "dispatcher": "guardian.commands.dispatcher:dispatcher",
    "doctor": "guardian.commands.doctor:doctor",
    "enroll": "guardian.commands.enroll:enroll",
    "ingest": "guardian.commands.ingest:ingest",
    "journey": "guardian.commands.journey:journey",
    "restore": "guardian.commands.restore:restore",
    "schema": "guardian.commands.schema:schema",
    "simulate": "guardian.commands.simulate:simulate",
    "store": "guardian.commands.store:store",
}

PACKAGES = frozenset(
    {
        "broker_config", "contract", "device_agent", "dispatcher", "guardian", "ingest",
        "runtime", "telemetry_store",
    }
)  # fmt: skip
"""Our own, which are always there."""


class _LazyGroup(click.Group):
    """A group that loads a sub-command's module when it is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        try:
            command: click.Command = getattr(import_module(module), name)
        except ModuleNotFoundError as error:
            return _not_installed(cmd_name, error)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; Ctrl-C ends it as shells expect, and without click's `Aborted!`."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(EXIT_INTERRUPTED)


def _not_installed(name: str, error: ModuleNotFoundError) -> click.Command:
    """Return a command that says what it needs: a tracker has no server's libraries."""
    part = (error.name or "").partition(".")[0]
    if part in PACKAGES:
        raise error  # a fault of ours, and no library that is missing
    says = f"not installed here (no {part}): pip install 'guardian-safety[server]'"

    @click.command(
        name,
        short_help=says,
        add_help_option=False,
        context_settings={"ignore_unknown_options": True},
    )
    @click.argument("rest", nargs=-1, type=click.UNPROCESSED)
    def stand_in(rest: tuple[str, ...]) -> None:
        del rest
        raise click.ClickException(f"guardian {name} is {says}")

    return stand_in


@click.command(cls=_LazyGroup)
@click.version_option(package_name="guardian-safety")
def main() -> None:
    """Gets help to a frightened person: trackers, panics, incidents, police alerts.

    \b
    Try it:  guardian demo
    """
