"""`guardian ingest dead-letters`: what could not be stored, and a second try for it."""

import base64
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import click

from contract.errors import GuardianError
from contract.plain_text import plain
from ingest import disclosure
from ingest.dead_letters import KeptLetter
from ingest.letter_files import LetterFiles, letter_files
from ingest.reading import DeadReason, Reader
from ingest.replaying import Outcome, letters_of, read_again, replay
from ingest.settings import IngestSettings
from runtime import logs
from runtime.clock import SystemClock
from runtime.settings import LogSettings, load, setting
from telemetry_store.port import TelemetryStore, open_store
from telemetry_store.settings import DAY_MS, StoreSettings

_SHOWN = 160
"""Characters of a topic or a reason: a line or two."""

Chosen = list[tuple[str, Iterable[KeptLetter]]]
"""Letters to be replayed, by the instance of their file."""


@dataclass(frozen=True, kw_only=True)
class LetterSettings(StoreSettings, LogSettings):
    """What the commands need of ingest's settings."""

    state_dir: Path = setting(
        "GUARDIAN_STATE_DIR", default=Path(), help="where dead letters are kept"
    )


_config = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Ingest's TOML file; variables win over it.",
)
_device = click.option("--device", help="Only letters of this tracker.")
_reason = click.option(
    "--reason", type=click.Choice(get_args(DeadReason)), help="Only letters with this reason."
)
_json = click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text.")


@click.group()
def dead_letters() -> None:
    """Look at messages that could not be stored, and store them once that can be.

    They lie in GUARDIAN_STATE_DIR, one file for each worker, and hold positions: these commands
    are for ingest's own user and root. All work while ingest runs.

    \b
    Try it:  guardian ingest dead-letters list --config /etc/guardian/ingest.toml
    """


@dead_letters.command("list")
@_device
@_reason
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most.")
@_json
@_config
def list_(
    device: str | None, reason: str | None, limit: int, *, as_json: bool, config: Path | None
) -> None:
    """List dead letters, the last first: name, last time, how often, tracker, reason.

    \b
    Example:  guardian ingest dead-letters list --device tracker-17 --config ingest.toml
    """
    settings = _settings(config)
    with _opened(settings) as files:
        total = sum(each.count() for each in files.files.values())
        wanted = _wanted(device, reason)
        found = [each for each in files.newest(total) if wanted(each[1])]
    if as_json:
        click.echo(json.dumps([_facts(name, kept) for name, kept in found[:limit]], indent=1))
        return
    if not found:
        click.echo("There are no dead letters." if not total else f"None of {total} is such a one.")
        return
    for name, kept in found[:limit]:
        click.echo(_line(name, kept))
    if len(found) > limit:
        click.echo(f"and {len(found) - limit} more: --limit {len(found)} shows all")


@dead_letters.command()
@click.argument("name")
@click.option("--positions", is_flag=True, help="Show the message as it came, positions included.")
@_json
@_config
def show(name: str, *, positions: bool, as_json: bool, config: Path | None) -> None:
    """Show one dead letter. Where the tracker was is hidden without --positions.

    A position is sealed: look at one only where you have a ground to.

    \b
    Example:  guardian ingest dead-letters show 1-17 --config ingest.toml
    """
    with _opened(_settings(config)) as files:
        _, kept = files.find(name)
    facts = {**_facts(name, kept), **_content(kept, positions=positions)}
    if as_json:
        click.echo(json.dumps(facts, indent=1))
        return
    for label, value in facts.items():
        if label != "base64":
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            click.echo(f"{label:9}{text}")


@dead_letters.command("replay")
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Replay all that the filters let through.")
@_device
@_reason
@click.option("--dry-run", is_flag=True, help="Say what would be stored; change nothing.")
@_json
@_config
def replay_(
    names: tuple[str, ...], device: str | None, reason: str | None, *, everything: bool,
    dry_run: bool, as_json: bool, config: Path | None,
) -> None:  # fmt: skip
    """Store what can be stored now; its letters are removed. Say of the others why they cannot.

    What has been stored already stays one row. With InfluxDB it needs ingest's token.

    \b
    Example:  guardian ingest dead-letters replay --all --reason rejected --config ingest.toml
    """
    if everything == bool(names):
        raise click.UsageError("name the letters, or say --all (with --device or --reason)")
    settings = _settings(config)
    with _opened(settings) as files:
        wanted = _wanted(device, reason)
        if everything:
            chosen: Chosen = [(each, letters_of(files.files[each], wanted)) for each in files.files]
        else:
            found = [files.find(name) for name in names]
            chosen = [(each, [kept]) for each, kept in found if wanted(kept)]
        reader = Reader(settings.telemetry_retention_days * DAY_MS)
        tried = _tried(chosen, reader)
        outcomes = tried if dry_run else _replayed(chosen, files, reader, settings)
        _tell(outcomes, dry_run=dry_run, as_json=as_json)


def _replayed(
    chosen: Chosen, files: LetterFiles, reader: Reader, settings: LetterSettings
) -> Iterator[tuple[str, Outcome]]:
    store: TelemetryStore = open_store(settings)
    with closing(store):
        for instance, letters in chosen:
            file = files.files[instance]
            for outcome in replay(letters, file, reader, store, SystemClock()):
                yield instance, outcome


def _tried(chosen: Chosen, reader: Reader) -> Iterator[tuple[str, Outcome]]:
    """Read without writing: what the store itself would refuse is not known."""
    now_ms = SystemClock().now_ms()
    for instance, letters in chosen:
        for kept in letters:
            reading = read_again(reader, kept, now_ms)
            yield instance, Outcome(kept, len(reading.rows), reading.dead)


def _tell(outcomes: Iterable[tuple[str, Outcome]], *, dry_run: bool, as_json: bool) -> None:
    replayed = rows = 0
    bad: list[dict[str, Any]] = []
    for instance, outcome in outcomes:
        rows += outcome.stored
        replayed += not outcome.remaining
        name = f"{instance}-{outcome.kept.id}"
        for each in outcome.remaining:
            why = {"name": name, "reason": each.reason, "detail": plain(each.detail, _SHOWN)}
            bad.append(why)
            if not as_json:
                click.echo(f"{name}: still {each.reason}: {why['detail']}")
    if as_json:
        told = {"dry_run": dry_run, "replayed": replayed, "rows": rows, "still_bad": bad}
        click.echo(json.dumps(told, indent=1))
        return
    kept = len({each["name"] for each in bad})
    could = "could be replayed" if dry_run else "replayed and removed"
    click.echo(f"{replayed} {could} ({rows} rows), {kept} still bad and kept")


def _settings(config: Path | None) -> LetterSettings:
    # `guardian ingest run` reads this module, and the dispatcher would be half of its memory.
    from dispatcher.settings import DispatcherSettings  # noqa: PLC0415

    try:
        settings = load(
            LetterSettings,
            environ=os.environ,
            config=config,
            shared=(IngestSettings, DispatcherSettings),
        )
    except GuardianError as error:
        raise click.ClickException(str(error)) from error
    logs.configure("dead-letters", level=settings.log_level, form=settings.log_form)
    return settings


@contextmanager
def _opened(settings: LetterSettings) -> Iterator[LetterFiles]:
    try:
        with letter_files(settings.state_dir) as files:
            yield files
    except GuardianError as error:
        raise click.ClickException(str(error)) from error


def _wanted(device: str | None, reason: str | None) -> Callable[[KeptLetter], bool]:
    return lambda kept: (
        device in (None, kept.letter.device) and reason in (None, kept.letter.reason)
    )


def _line(name: str, kept: KeptLetter) -> str:
    letter = kept.letter
    whose = letter.device or plain(letter.topic, _SHOWN)
    times = f"{kept.times}x"
    return (
        f"{name:8} {_when(kept.at)} {times:>5}  {whose}"
        f"  {letter.reason}: {plain(letter.detail, _SHOWN)}"
    )


def _facts(name: str, kept: KeptLetter) -> dict[str, Any]:
    letter = kept.letter
    return {
        "name": name,
        "device": letter.device,
        "topic": plain(letter.topic, _SHOWN),
        "reason": letter.reason,
        "detail": plain(letter.detail, _SHOWN),
        "at": _when(kept.at),
        "times": kept.times,
        "bytes": len(letter.payload),
    }


def _content(kept: KeptLetter, *, positions: bool) -> dict[str, Any]:
    payload = kept.letter.payload
    if not positions:
        return {"outline": disclosure.outline(payload)}
    return {
        "payload": disclosure.whole(payload),
        "base64": base64.b64encode(payload).decode(),
    }


def _when(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
