"""`guardian agent`: the process on the tracker, and how to look at it."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import click

from contract.errors import GuardianError, PermanentError

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="TOML file; environment variables win over it.",
)
state_dir_option = click.option(
    "--state-dir", type=click.Path(path_type=Path), help="The agent's GUARDIAN_STATE_DIR."
)
_POLL_S = 0.1


@click.group()
def agent() -> None:
    """The process on the tracker.

    \b
    Try it:  guardian agent run --config agent.toml
    """


class _ListsSettings(click.Command):
    """A command whose help lists the agent's settings, which are loaded for the help alone."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from device_agent.settings import AgentSettings  # noqa: PLC0415
        from runtime.settings import help_text  # noqa: PLC0415

        self.epilog = "\b\nSettings:\n" + help_text(AgentSettings)
        super().format_epilog(ctx, formatter)


@agent.command(cls=_ListsSettings)
@config_option
def run(config: Path | None) -> None:
    """Report positions and raise panics until SIGTERM.

    \b
    Try it:  guardian agent run --config bundle/agent.toml
             kill -USR1 PID        # a press, when no other button is configured
    """
    from device_agent.buttons.early_signal import hold_back  # noqa: PLC0415 - before all else

    hold_back()
    from device_agent.agent import run_agent  # noqa: PLC0415
    from device_agent.settings import AgentSettings  # noqa: PLC0415
    from runtime import logs  # noqa: PLC0415
    from runtime.lifecycle import EXIT_SETTINGS  # noqa: PLC0415
    from runtime.settings import load  # noqa: PLC0415

    try:
        settings = load(AgentSettings, environ=os.environ, config=config)
        logs.configure("agent", level=settings.log_level, form=settings.log_form)
        sys.exit(run_agent(settings))
    except PermanentError as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_SETTINGS)


@agent.command()
@config_option
@state_dir_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def status(config: Path | None, state_dir: Path | None, *, as_json: bool) -> None:
    """Show the agent's state, last fix, link, outbox, faults and presses.

    \b
    Try it:  guardian agent status --config bundle/agent.toml
    """
    answer = ask(find_state_dir(config, state_dir), {"do": "status"})
    click.echo(json.dumps(answer) if as_json else _text(answer))


@agent.command("test-press")
@config_option
@state_dir_option
@click.option("--wait", default=30.0, help="Seconds to wait for the dispatcher's receipt.")
def test_press(config: Path | None, state_dir: Path | None, wait: float) -> None:
    """Raise a test panic and wait until the dispatcher has it.

    \b
    Try it:  guardian agent test-press --config bundle/agent.toml
    """
    from runtime.clock import SystemClock  # noqa: PLC0415 - only this command needs it

    folder = find_state_dir(config, state_dir)
    panic_id = ask(folder, {"do": "press", "kind": "test"})["panic_id"]
    click.echo(f"pressed {panic_id}")
    clock = SystemClock()
    start = clock.monotonic()
    while (waited := clock.monotonic() - start) < wait:
        presses = ask(folder, {"do": "status"})["panics"]
        if any(each["panic_id"] == panic_id and each["stage"] for each in presses):
            click.echo(f"received by the dispatcher after {waited:.1f} s")
            return
        time.sleep(_POLL_S)
    raise click.ClickException(f"no receipt within {wait:g} s; the agent goes on trying")


@agent.command()
@config_option
@state_dir_option
def call(config: Path | None, state_dir: Path | None) -> None:
    """Say that the holder is calling 110: the police see the position before they pick up.

    \b
    Try it:  guardian agent call --config bundle/agent.toml
    """
    _tell("called", find_state_dir(config, state_dir), {"do": "press", "kind": "call"})


@agent.command()
@config_option
@state_dir_option
def cancel(config: Path | None, state_dir: Path | None) -> None:
    """Ask to stand down, with a code that is typed or read from a pipe.

    The tracker goes on reporting, silently, until the dispatcher has closed the incident. It does
    the same for every code.

    \b
    Try it:  guardian agent cancel --config bundle/agent.toml
    """
    typed = sys.stdin.isatty()
    code = click.prompt("Code", hide_input=True) if typed else sys.stdin.readline().rstrip("\r\n")
    _tell("asked to stand down", find_state_dir(config, state_dir), {"do": "cancel", "code": code})


@agent.command()
@config_option
@state_dir_option
@click.argument("text")
def note(text: str, config: Path | None, state_dir: Path | None) -> None:
    """Add words to the open panic; the operator reads them at once.

    \b
    Try it:  guardian agent note 'third floor, the back door is open'
    """
    _tell("noted", find_state_dir(config, state_dir), {"do": "note", "text": text})


@agent.command()
@config_option
@state_dir_option
@click.argument("words")
@click.option("--reply-to", metavar="ID", help="The message that this answers.")
def text(words: str, reply_to: str | None, config: Path | None, state_dir: Path | None) -> None:
    """Write to the dispatcher.

    \b
    Try it:  guardian agent text 'I cannot speak'
    """
    question = {"do": "text", "text": words, "reply_to": reply_to}
    ask(find_state_dir(config, state_dir), question)
    click.echo("It goes out, and is repeated until the dispatcher has it.")


@agent.command()
@config_option
@state_dir_option
def messages(config: Path | None, state_dir: Path | None) -> None:
    """Show what the dispatcher has written.

    \b
    Try it:  guardian agent messages
    """
    for each in ask(find_state_dir(config, state_dir), {"do": "messages"})["messages"]:
        click.echo(f"{each['command_id']}  {each['text']}")
        for reply in each.get("replies", []):
            click.echo(f"    - {reply}")


def _tell(done: str, folder: Path, question: dict[str, Any]) -> None:
    click.echo(f"{done}: {ask(folder, question)['panic_id']}")


def find_state_dir(config: Path | None, state_dir: Path | None) -> Path:
    """Return the agent's state directory: as given, or as the agent's settings say."""
    if state_dir is not None:
        return state_dir
    from device_agent.settings import AgentSettings, StateSettings  # noqa: PLC0415
    from runtime.settings import load  # noqa: PLC0415

    try:
        settings = load(StateSettings, environ=os.environ, config=config, shared=[AgentSettings])
    except PermanentError as error:
        raise click.ClickException(str(error)) from error
    return settings.state_dir


def ask(state_dir: Path, question: dict[str, Any]) -> dict[str, Any]:
    """Ask the agent; what it refuses becomes one line and exit code 1."""
    from device_agent import local_socket  # noqa: PLC0415 - `run` needs none of the client

    try:
        return local_socket.ask(state_dir, question)
    except GuardianError as error:
        raise click.ClickException(str(error)) from error


def _text(answer: dict[str, Any]) -> str:
    """Return the answer for human eyes."""
    link, outbox, fix = answer["link"], answer["outbox"], answer["last_fix"]
    where = f"connected to {link['broker']}" if link["up"] else "not connected"
    disk = "" if outbox["on_disk"] else ", the disk refuses"
    lines = [
        ("tracker", f"{answer['device']}, version {answer['version']}, boot {answer['boot']}"),
        ("link", where),
        ("gps", answer["gps"]),
        ("last fix", _fix_text(fix)),
        ("state", _state_text(answer)),
        ("outbox", f"{outbox['reports']} reports, {outbox['dropped']} dropped{disk}"),
        ("faults", ", ".join(_faults(answer)) or "none"),
    ]
    if answer["journey"]:
        lines.append(("journey", _journey_text(answer["journey"])))
    lines += [("press", _press_text(press)) for press in answer["panics"]]
    return "\n".join(f"{label:<9} {text}" for label, text in lines)


def _state_text(answer: dict[str, Any]) -> str:
    battery, interval_s = answer["battery"], answer["interval_s"]
    pace = "no routine reports" if interval_s is None else f"reports every {interval_s:g} s"
    if battery["percent"] is None:
        return f"{answer['state']}, {pace}"
    charging = ", charging" if battery["charging"] else ""
    return f"{answer['state']}, {pace}, battery {battery['percent']} %{charging}"


def _faults(answer: dict[str, Any]) -> list[str]:
    lost = [f"{name} cannot be opened" for name in answer["lost_buttons"]]
    return [*lost, *answer["faults"]]


def _fix_text(fix: dict[str, Any] | None) -> str:
    if fix is None:
        return "none"
    age = "of an earlier run" if fix["age_s"] is None else f"{fix['age_s']:.0f} s ago"
    return f"{fix['lat']:.6f} {fix['lon']:.6f}, {age}"


def _journey_text(journey: dict[str, Any]) -> str:
    driver = journey.get("driver") or {}
    who = ", ".join(driver[key] for key in ("name", "company") if driver.get(key))
    marks = ", ".join(journey.get("marks", []))
    over = "over" if journey.get("over") else journey.get("stage") or "not received yet"
    return "; ".join(part for part in (journey["mode"], over, who, marks) if part)


def _press_text(press: dict[str, Any]) -> str:
    age = "" if press["age_s"] is None else f", {press['age_s']:.0f} s ago"
    stage = press["stage"] or "not received yet"
    return f"{press['panic_id']} {press['kind']}{age}: {stage}"
