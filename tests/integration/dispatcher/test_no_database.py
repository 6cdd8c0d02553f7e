"""Without a database: the disk is full, or PostgreSQL is stopped. Every channel, and the alarm."""

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from lxml import etree

from tests.integration.dispatcher.process import DispatcherProcess
from tests.integration.dispatcher.receiver import Receiver
from tests.integration.dispatcher.tracker import Tracker
from tests.integration.ingest.conftest import Broker
from tests.services.choice import wait_until
from tests.services.postgres import Postgres

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

SECRET = "whsec_c2VjcmV0IG9mIHRoZSB3ZWJob29rIGhlcmU="
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    made = Broker(folder)
    made.server.start()
    yield made
    made.server.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver(status=200)
    yield made
    made.stop()


@pytest.fixture
def tracker(broker: Broker) -> Iterator[Tracker]:
    made = Tracker("tracker-a", broker.url)
    yield made
    made.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB in memory; only root can mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount")
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "guardian-test", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(done.stderr.strip())
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def dispatcher(folder: Path, broker: Broker, receiver: Receiver, url: str) -> DispatcherProcess:
    """Return one with a channel of each type that needs no TLS."""
    config = folder / "dispatcher.toml"
    config.write_text(f"""
[[channel]]
name = "cad"
type = "webhook"
url = "http://127.0.0.1:{receiver.port}/cad"
secret = "{SECRET}"
allow = ["127.0.0.0/8"]

[[channel]]
name = "centre"
type = "cap"
folder = "cap"
sender = "guardian@police.example"
addresses = ["dispatch"]

[[channel]]
name = "sms"
type = "apprise"
url = "json://127.0.0.1:{receiver.port}/sms"
""")
    made = DispatcherProcess(folder, broker.url, url)
    made.config = config
    return made


def paths(receiver: Receiver) -> set[str]:
    return {each.path.strip("/") for each in receiver.requests}


def goes_out_from_memory(
    folder: Path, process: DispatcherProcess, tracker: Tracker, receiver: Receiver
) -> str:
    """Press, see the alert in every channel and no receipt; return the incident."""
    panic = tracker.press()
    tracker.send(panic)
    wait_until(lambda: paths(receiver) >= {"cad", "sms"}, "both receivers")
    wait_until(lambda: list((folder / "cap").glob("*.xml")), "the CAP message")
    (alert,) = (each for each in receiver.requests if each.path == "/cad")
    incident: str = json.loads(alert.body)["data"]["incident"]
    (path,) = (folder / "cap").glob("*.xml")
    assert etree.parse(path).findtext(f"{CAP}incidents") == incident
    assert tracker.receipts == []
    wait_until(lambda: says_so(process), "the health page to say so")
    assert "store_down" in process.log()
    return incident


def says_so(process: DispatcherProcess) -> bool:
    """Ask once: on a disk with a few bytes left a small write passes now and then."""
    status, health = process.healthz()
    return status == 503 and "the incident database does not commit" in health["problems"]


def known(process: DispatcherProcess) -> list[str]:
    """Return the incidents' ids, none while the API does not answer."""
    try:
        return [each["id"] for each in process.incidents()]
    except OSError:
        return []


def comes_back(process: DispatcherProcess, tracker: Tracker, incident: str) -> None:
    """The press that was held is committed, as the same incident."""
    wait_until(lambda: tracker.receipts, "received", 60)
    assert tracker.receipts[0].incident == incident
    wait_until(lambda: known(process) == [incident], "the same incident", 60)


def fill(disk: Path) -> Path:
    """Leave no byte, not even of the log in which SQLite would write again; return the filler."""
    with closing(sqlite3.connect(disk / "incidents.db", timeout=10)) as connection:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert busy == 0
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    assert shutil.disk_usage(disk).free == 0
    return filler


def test_with_a_full_disk_every_channel_is_told(
    tmp_path: Path, small_disk: Path, broker: Broker, tracker: Tracker, receiver: Receiver
) -> None:
    url = f"sqlite:///{small_disk / 'incidents.db'}"
    process = dispatcher(tmp_path, broker, receiver, url)
    try:
        process.start()
        filler = fill(small_disk)
        incident = goes_out_from_memory(tmp_path, process, tracker, receiver)
        filler.unlink()
        comes_back(process, tracker, incident)
    finally:
        process.kill()


def test_with_postgresql_stopped_every_channel_is_told(
    tmp_path: Path, postgres: Postgres, broker: Broker, tracker: Tracker, receiver: Receiver
) -> None:
    if not isinstance(postgres, Postgres):
        pytest.skip("the server that was given cannot be stopped")
    process = dispatcher(tmp_path, broker, receiver, postgres.database(f"gone-{tmp_path.name}"))
    try:
        process.start()
        postgres.stop()
        try:
            incident = goes_out_from_memory(tmp_path, process, tracker, receiver)
        finally:
            postgres.start()
        comes_back(process, tracker, incident)
    finally:
        process.kill()
