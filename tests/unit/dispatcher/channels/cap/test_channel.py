"""CAP channels: what is put where, and remembered."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from msgspec.structs import replace

from contract.errors import TransientError
from dispatcher.channels.cap.channel import CapChannel, cap_route
from dispatcher.channels.cap.document import Voice
from dispatcher.channels.cap.targets import FeedTarget, FileNotWrittenError, FolderTarget, Target
from dispatcher.channels.cap.thread import Sent
from dispatcher.channels.cap.threads import MemoryThreads, StoredThreads
from dispatcher.channels.port import NotYetError
from dispatcher.routing import PRODUCTION
from dispatcher.store.engine import Database
from dispatcher.store.positions import PositionRecord
from runtime.clock import ManualClock
from tests.unit.dispatcher.channels.cap.messages import INCIDENT, incident, message, place
from tests.unit.dispatcher.channels.cap.test_document import CAP, SCHEMA, THIN, text
from tests.unit.dispatcher.world import World

ATOM = "{http://www.w3.org/2005/Atom}"
FULL = Voice(sender=THIN.sender, addresses=THIN.addresses, full=True)


class BrokenTargetError(TransientError):
    pass


class Recording:
    """A target that can lose what it is given, or take it and not say so."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.broken = False

    def put(self, said: Sent, written: bytes) -> None:
        root = etree.fromstring(written)
        SCHEMA.assertValid(root)
        self.taken.append(root)
        if self.broken:
            raise BrokenTargetError


def channel(target: Target, voice: Voice = THIN, threads: Any = None) -> CapChannel:
    route = cap_route("cap", PRODUCTION, full=voice.full)
    return CapChannel(route, voice, target, threads or MemoryThreads(), ManualClock())


def kinds(target: Recording) -> list[str | None]:
    return [text(each, "msgType") for each in target.taken]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


def test_an_incident_becomes_alert_update_cancel(database: Database) -> None:
    """Every dispatcher on the database goes on where another has stopped."""
    target = Recording()
    for number, fields in enumerate(
        ({}, {"reason": "escalated"}, {"reason": "changed", "state": "closed"})
    ):
        said = message(number, version=number, **fields)
        channel(target, threads=StoredThreads(database)).send(said)
    assert kinds(target) == ["Alert", "Update", "Cancel"]
    for before, after in zip(target.taken, target.taken[1:], strict=False):
        triple = ",".join(text(before, name) or "" for name in ("sender", "identifier", "sent"))
        assert text(after, "references") == triple


def test_a_message_that_failed_may_have_arrived_and_is_referenced(database: Database) -> None:
    target = Recording()
    made = channel(target, threads=StoredThreads(database))
    target.broken = True
    with pytest.raises(BrokenTargetError):
        made.send(message(0))
    target.broken = False
    made.send(message(1, version=4, reason="escalated"))
    assert f",{INCIDENT}.0," in (text(target.taken[1], "references") or "")
    made.send(message(0, version=4))
    assert kinds(target) == ["Alert", "Update"]


def test_what_was_said_without_a_database_is_referenced_when_it_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, threads = Recording(), StoredThreads(world.database)
    made = channel(target, threads=threads)
    with monkeypatch.context() as gone:
        gone.setattr(world.database, "_engine", Database("sqlite:////nowhere/at.all")._engine)
        made.send(message(0))
    made.send(message(1, version=4, reason="escalated"))
    assert kinds(target) == ["Alert", "Update"]
    assert {each.identifier for each in StoredThreads(world.database).read("cap", INCIDENT)} == {
        f"{INCIDENT}.0", f"{INCIDENT}.1",
    }  # fmt: skip


def position(number: int, at: int) -> dict[str, Any]:
    record = PositionRecord(
        id=number, incident=INCIDENT, device="tracker-a", place=None, arrived_at=at  # type: ignore[arg-type]
    )  # fmt: skip
    return {"reason": "position", "position": record, "place": place(received_at=at)}


def test_positions_of_a_full_channel_wait_for_the_minute() -> None:
    target = Recording()
    made = channel(target, FULL)
    assert "position" in made.route.reasons
    assert "position" not in channel(target).route.reasons
    made.send(message(0, place=place()))
    now = place().received_at
    made.send(message(1, **position(7, now + 1)))
    with pytest.raises(NotYetError) as early:
        made.send(message(1, **position(8, now + 2)))
    assert 0 < early.value.wait_s <= 60
    made.send(message(1, reason="position"))  # an implausible fix
    assert [text(each, "identifier") for each in target.taken] == [
        f"{INCIDENT}.0", f"{INCIDENT}.p7",
    ]  # fmt: skip


def test_a_folder_has_a_file_for_each_message(tmp_path: Path) -> None:
    made = channel(FolderTarget(tmp_path / "cap"))
    made.send(message(0))
    made.send(message(1, reason="escalated"))
    files = sorted((tmp_path / "cap").iterdir())
    assert [each.name for each in files] == [f"{INCIDENT}.0.xml", f"{INCIDENT}.1.xml"]
    assert all(each.stat().st_mode & 0o007 == 0 for each in files)
    SCHEMA.assertValid(etree.parse(files[1]))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "cap").write_text("a file")
    with pytest.raises(FileNotWrittenError, match="cap"):
        channel(FolderTarget(tmp_path / "cap")).send(message())


def test_a_feed_has_the_newest_of_each_incident_until_it_expires(tmp_path: Path) -> None:
    clock, path = ManualClock(), tmp_path / "alerts.atom"
    route = cap_route("cap", PRODUCTION, full=False)
    made = CapChannel(route, THIN, FeedTarget(path, THIN.sender, clock), MemoryThreads(), clock)
    made.send(message(0))
    made.send(message(1, reason="escalated"))
    other = "6e1f0f4c-0000-5000-8000-000000000002"
    made.send(replace(message(0), id=f"{other}.0", incident=incident(incident=other)))
    found = [each.text for each in etree.parse(path).iterfind(f".//{CAP}identifier")]
    assert found == [f"{other}.0", f"{INCIDENT}.1"]
    for alert in etree.parse(path).iterfind(f".//{CAP}alert"):
        SCHEMA.assertValid(etree.fromstring(etree.tostring(alert)))
    ids = [each.text for each in etree.parse(path).iterfind(f".//{ATOM}entry/{ATOM}id")]
    assert len(set(ids)) == 2
    clock.advance(86_400)
    made.send(message(2, reason="escalated", version=9))
    found = [each.text for each in etree.parse(path).iterfind(f".//{CAP}identifier")]
    assert found == [f"{INCIDENT}.2"]


def test_a_feed_that_was_spoilt_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "alerts.atom"
    path.write_text("<feed")
    channel(FeedTarget(path, THIN.sender, ManualClock())).send(message(0))
    assert len(list(etree.parse(path).iterfind(f".//{CAP}alert"))) == 1
