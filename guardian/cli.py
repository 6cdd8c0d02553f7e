"""The `guardian` command. Each sub-command is imported only when it is called."""

from importlib import import_module

import click

from guardian import EXIT_INTERRUPTED

_COMMANDS = {
    "agent": "guardian.commands.agent:agent",
    "backup": "guardian.commands.backup:backup",
    "broker": "guardian.commands.broker:broker",
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
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; Ctrl-C ends it as shells expect, and without click's `Aborted!`."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(EXIT_INTERRUPTED)


@click.command(cls=_LazyGroup)
@click.version_option(package_name="guardian-safety")
def main() -> None:
    """Gets help to a frightened person: trackers, panics, incidents, police alerts.

    \b
    Try it:  guardian demo
    """
