"""`guardian enroll`: certificates for trackers and services, and the end of their access."""

import json
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from broker_config.broker_process import BrokerProcess
from broker_config.enrolment import Enrolled, Enrolment, Outcome
from broker_config.hosts import parse_broker_url
from contract.errors import GuardianError
from runtime.clock import SystemClock

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_STDOUT = Path("-")
_NEVER_YEAR = 9999
_BROKER = {
    "reloaded": "The broker has been told (SIGHUP) and knows it now.",
    "not_running": "No broker is running here: it reads the files when it starts. If it runs on "
    "another machine, copy its folder there and send it SIGHUP.",
    "not_allowed": "The broker runs as another user and could not be told: send it SIGHUP.",
}


@click.group()
def enroll() -> None:
    """Give trackers and services their certificates, and take their access away.

    \b
    Begin with:  guardian enroll init pki --host broker.example.org
    """


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say which PKI and which broker."""
    pki = click.option(
        "--pki", type=_FOLDER, envvar="GUARDIAN_PKI_DIR", required=True, show_envvar=True,
        help="The folder that `enroll init` has made.",
    )  # fmt: skip
    pid = click.option(
        "--pid-file", type=click.Path(dir_okay=False, path_type=Path),
        help="Where the broker wrote its process id, if not beside its configuration.",
    )  # fmt: skip
    return pki(pid(command))


_out = click.option(
    "--out", type=_FOLDER, help="The folder to fill; it must be new or empty. [default: ./NAME]"
)
_bundle_out = click.option(
    "--out", type=click.Path(file_okay=False, allow_dash=True, path_type=Path),
    help="The folder to fill; it must be new or empty. `-` writes a tar archive to the standard "
    "output, and nothing stays here. [default: ./NAME]",
)  # fmt: skip
_csr = click.option(
    "--csr", type=_FILE,
    help="Sign the tracker's own request, so that its key never leaves it. Only the request's key "
    "counts.",
)  # fmt: skip
_broker = click.option(
    "--broker", "brokers", multiple=True, metavar="URL",
    help="mqtts://host:port, in order of preference. [default: the first host of `init`]",
)  # fmt: skip
_again = click.option("--again", is_flag=True, help="Enrol a name that was revoked.")


@enroll.command()
@click.argument("folder", type=_FOLDER, envvar="GUARDIAN_PKI_DIR")
@click.option(
    "--host", "hosts", multiple=True, metavar="NAME", envvar="GUARDIAN_HOSTS", show_envvar=True,
    help="A name or address of the broker and the dispatcher; repeat it for each.",
)  # fmt: skip
@click.option("--tracker-port", type=click.IntRange(1, 65535), help="[default: 8883]")
@click.option("--tracker-address", help="Listen only on this address. [default: on all]")
@click.option("--service-port", type=click.IntRange(1, 65535), help="[default: 8884]")
@click.option("--service-address", help="[default: 127.0.0.1; 0.0.0.0 for services elsewhere]")
@click.option("--broker-dir", type=_FOLDER, help="What the broker reads. [default: FOLDER/broker]")
@click.option("--broker-user", help="As whom the broker runs. [default: you]")
def init(folder: Path, hosts: tuple[str, ...], broker_dir: Path | None, **options: Any) -> None:
    """Make the authorities, the broker's configuration and the first services' certificates.

    A second run adds what is missing and overwrites no authority; a new --host gets into new server
    certificates.

    \b
    Example:  guardian enroll init pki --host broker.example.org --host 192.0.2.7
    """
    renamed = {
        "user": options.pop("broker_user"),
        "folder": str(broker_dir.absolute()) if broker_dir else None,
    }
    changes = {key: value for key, value in {**options, **renamed}.items() if value is not None}
    with _refusals():
        outcome = Enrolment(folder).init(hosts, _now(), **changes)
    click.echo(f"The PKI is in {folder}. Back it up, offline: who has it can enrol anybody.")
    click.echo(f"Start the broker with: mosquitto -c {outcome.folder / 'mosquitto.conf'}")
    _tell(outcome)


@enroll.command()
@click.argument("device")
@_bundle_out
@_csr
@_broker
@_again
@_options
def add(
    *, device: str, pki: Path, pid_file: Path | None, out: Path | None, csr: Path | None,
    brokers: tuple[str, ...], again: bool,
) -> None:  # fmt: skip
    """Enrol a tracker: a folder with its certificate, key and settings.

    \b
    Example:  guardian enroll add tracker-17 --pki pki --out /media/usb/tracker-17
    """
    with _refusals(), _bundle(device, out) as folder:
        outcome = _enrolment(pki, pid_file).add(
            device, _now(), out=folder, brokers=_urls(brokers),
            request=csr.read_bytes() if csr else None, again=again,
        )  # fmt: skip
    _tell_bundle(device, outcome, out, own_key=csr is not None)


@enroll.command()
@click.argument("name")
@_out
@_again
@_options
def service(name: str, pki: Path, pid_file: Path | None, out: Path | None, *, again: bool) -> None:
    """Enrol another instance of a service: svc.ingest.N, svc.dispatcher.N or svc.tool.N.

    Its folder is services/NAME in the PKI unless --out names another.

    \b
    Example:  guardian enroll service svc.ingest.2 --pki pki
    """
    with _refusals():
        outcome = _enrolment(pki, pid_file).add_service(name, _now(), out=out, again=again)
    click.echo(f"{name} is enrolled; certificate and key are in {outcome.folder}.")
    _tell(outcome)


@enroll.command()
@click.argument("device")
@_bundle_out
@_csr
@_broker
@_options
def renew(
    *, device: str, pki: Path, pid_file: Path | None, out: Path | None, csr: Path | None,
    brokers: tuple[str, ...],
) -> None:  # fmt: skip
    """Give a tracker a new certificate; the old one stays good for 30 more days.

    \b
    Example:  guardian enroll renew tracker-17 --pki pki --out /media/usb/tracker-17-new
    """
    with _refusals(), _bundle(device, out) as folder:
        outcome = _enrolment(pki, pid_file).renew(
            device, _now(), out=folder, brokers=_urls(brokers),
            request=csr.read_bytes() if csr else None,
        )  # fmt: skip
    _tell_bundle(device, outcome, out, own_key=csr is not None)
    click.echo(
        "The old certificate is revoked by the first enroll command after 30 days.",
        err=out == _STDOUT,
    )


@enroll.command()
@click.argument("name")
@_options
def revoke(name: str, pki: Path, pid_file: Path | None) -> None:
    """End the access of a tracker or a service, at once and also on a live connection.

    \b
    Example:  guardian enroll revoke tracker-17 --pki pki
    """
    with _refusals():
        outcome = _enrolment(pki, pid_file).revoke(name, _now())
    click.echo(f"{name} is revoked.")
    _tell(outcome)


@enroll.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@_options
def list_(pki: Path, pid_file: Path | None, *, as_json: bool) -> None:
    """List trackers and services: state, expiry and serial number of the newest certificate.

    \b
    Example:  guardian enroll list --pki pki
    """
    with _refusals():
        enrolled = _enrolment(pki, pid_file).list(_now())
    if as_json:
        click.echo(json.dumps([_as_json(each) for each in enrolled], indent=1))
        return
    width = max([len(each.name) for each in enrolled], default=0)
    for each in enrolled:
        click.echo(
            f"{each.name:{width}}  {each.state:8}  {_expiry(each) or 'never':10}  {each.serial}"
        )


def _enrolment(pki: Path, pid_file: Path | None) -> Enrolment:
    return Enrolment(pki, broker=BrokerProcess(pid_file) if pid_file else None)


def _urls(brokers: tuple[str, ...]) -> list[str]:
    return [parse_broker_url(each) for each in brokers]


def _now() -> datetime:
    return datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC)


@contextmanager
def _refusals() -> Iterator[None]:
    """Show a refusal as one sentence, and not as a traceback."""
    try:
        yield
    except (GuardianError, OSError) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def _bundle(device: str, out: Path | None) -> Iterator[Path]:
    """Yield the folder to fill; for the standard output it is sent there and removed."""
    if out != _STDOUT:
        yield out or Path(device)
        return
    if _is_terminal():
        raise click.ClickException(f"an archive is no text for a terminal: add > {device}.tar")
    with tempfile.TemporaryDirectory(prefix="guardian-enroll-") as name:
        yield Path(name) / device
        with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
            archive.add(Path(name) / device, arcname=device, filter=_of_nobody)


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _of_nobody(file: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out whose it was here: it is whose who unpacks it."""
    file.uid = file.gid = 0
    file.uname = file.gname = ""
    return file


def _tell(outcome: Outcome, *, err: bool = False) -> None:
    if outcome.broker is not None:
        click.echo(_BROKER[outcome.broker], err=err)


def _tell_bundle(device: str, outcome: Outcome, out: Path | None, *, own_key: bool) -> None:
    piped = out == _STDOUT
    where = "the archive" if piped else outcome.folder
    click.echo(f"{device} is enrolled; everything it needs is in {where}.", err=piped)
    if own_key:
        rest = "Put its private key beside the certificate, as tracker.key."
    elif piped:
        rest = "Unpack it on the tracker and keep no copy: tracker.key is its identity."
    else:
        rest = "Move the folder to the tracker and keep no copy: tracker.key is its identity."
    click.echo(rest, err=piped)
    _tell(outcome, err=piped)


def _as_json(each: Enrolled) -> dict[str, str | None]:
    return {
        "name": each.name,
        "kind": each.kind,
        "state": each.state,
        "expires": _expiry(each),
        "serial": each.serial,
    }


def _expiry(each: Enrolled) -> str | None:
    return None if each.expires.year == _NEVER_YEAR else each.expires.date().isoformat()
