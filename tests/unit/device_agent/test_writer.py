from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from device_agent.events import DiskState, Event, OutboxReset, PressSaved
from device_agent.outbox import Changes, Kept, Outbox, OutboxRefusedError
from device_agent.press import PressRow
from device_agent.writer import COLLECT_S, RETRY_S, OutboxWriter
from runtime.clock import ManualClock
from tests.unit.device_agent.fakes import location

A = "0000000a"


class Desk:
    """A writer whose thread is the test."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "outbox.db"
        self.clock = ManualClock()
        self.posted: list[Event] = []
        self.writer = OutboxWriter(self.path, self.posted.append, clock=self.clock)

    def kept(self) -> Kept:
        outbox = Outbox(self.path)
        try:
            return outbox.load()
        finally:
            outbox.close()

    def posts(self) -> list[Event]:
        posted, self.posted[:] = list(self.posted), []
        return posted

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.writer.write_due()

    def close(self) -> None:
        if self.writer._outbox is not None:
            self.writer._outbox.close()


@pytest.fixture
def new_desk(tmp_path: Path) -> Iterator[Desk]:
    """One whose folder is not there yet."""
    made = Desk(tmp_path / "state")
    yield made
    made.close()


@pytest.fixture
def desk(new_desk: Desk) -> Desk:
    new_desk.path.parent.mkdir()
    assert new_desk.writer.open() == Kept()
    return new_desk


def press(update: int = 0) -> Changes:
    row = PressRow(
        panic_id="p1", kind="button", silent=False, pressed_at=5, clock="host", update=update
    )
    return Changes(presses={"p1": row})


def report(seq: int) -> Changes:
    return Changes(reports={(A, seq): b"%d" % seq})


def refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(outbox: Outbox, changes: Changes) -> None:
        raise OutboxRefusedError("database or disk is full")

    monkeypatch.setattr(Outbox, "write", full)


def test_a_press_is_written_at_once_and_its_safety_is_told(desk: Desk) -> None:
    desk.writer.save_press(press())
    desk.writer.write_due()
    assert desk.posts() == [PressSaved("p1", 0)]
    assert len(desk.kept().presses) == 1


def test_reports_of_a_second_share_a_transaction(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Changes] = []
    monkeypatch.setattr(Outbox, "write", lambda _, changes: written.append(changes))
    desk.writer.save(report(0))
    desk.wait(COLLECT_S / 2)
    desk.writer.save(report(1))
    assert written == []
    desk.wait(COLLECT_S / 2)
    assert [set(changes.reports) for changes in written] == [{(A, 0), (A, 1)}]


def test_a_press_does_not_wait_for_the_reports_and_goes_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Changes] = []
    monkeypatch.setattr(Outbox, "write", lambda _, changes: written.append(changes))
    desk.writer.save(report(0))
    desk.writer.save_press(press())
    desk.writer.write_due()
    assert written == [press()]


def test_a_disk_that_refuses_is_told_and_asked_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        refuse(full)
        desk.writer.save_press(press())
        desk.writer.write_due()
        assert desk.posts() == [DiskState(ok=False)]
    desk.wait(RETRY_S - 1)
    assert desk.posts() == [], "it is left alone for a while"
    desk.wait(1)
    assert desk.posts() == [PressSaved("p1", 0), DiskState(ok=True)]
    assert len(desk.kept().presses) == 1


def test_a_press_is_tried_at_once_even_on_a_disk_that_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        refuse(full)
        desk.writer.save_press(press(0))
        desk.writer.write_due()
    desk.posts()
    desk.writer.save_press(press(1))
    desk.writer.write_due()
    assert desk.posts() == [PressSaved("p1", 1), DiskState(ok=True)]


def test_what_was_refused_does_not_undo_what_came_since(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        refuse(full)
        desk.writer.save(report(0))
        desk.wait(COLLECT_S)
    desk.writer.save(Changes(reports={(A, 0): None, (A, 1): b"1"}))
    desk.wait(RETRY_S)
    assert desk.kept().reports == [(A, 1, b"1")]


def test_an_older_press_that_was_refused_does_not_overwrite_a_newer_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        refuse(full)
        desk.writer.save_press(press(0))
        desk.writer.write_due()
    desk.writer.save_press(press(1))
    desk.writer.write_due()
    desk.wait(RETRY_S)
    assert [row.update for row in desk.kept().presses] == [1]


def test_a_press_that_is_refused_while_a_newer_one_waits_is_forgotten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(outbox: Outbox, changes: Changes) -> None:
        desk.writer.save_press(press(1))
        raise OutboxRefusedError("database or disk is full")

    with monkeypatch.context() as refusing:
        refusing.setattr(Outbox, "write", full)
        desk.writer.save_press(press(0))
        desk.writer.write_due()
    desk.writer.write_due()
    desk.wait(RETRY_S)
    assert [row.update for row in desk.kept().presses] == [1]


def test_a_folder_that_cannot_hold_the_outbox_is_a_refusal_and_later_works(new_desk: Desk) -> None:
    desk = new_desk
    assert desk.writer.open() == Kept()
    assert desk.posts() == [DiskState(ok=False)]
    desk.path.parent.mkdir()
    desk.writer.save(report(0))
    desk.wait(RETRY_S)
    assert len(desk.kept().reports) == 1


def test_a_damaged_file_is_set_aside_at_the_start(new_desk: Desk) -> None:
    desk = new_desk
    desk.path.parent.mkdir()
    desk.path.write_bytes(b"damaged" * 1000)
    assert desk.writer.open() == Kept()
    assert desk.posts() == [OutboxReset()]
    desk.writer.save_press(press())
    desk.writer.write_due()
    assert desk.posts() == [PressSaved("p1", 0)]
    assert desk.path.with_name("outbox.db.broken").read_bytes() == b"damaged" * 1000


def test_a_file_damaged_while_it_is_open_is_set_aside_and_the_write_tried_again(
    desk: Desk,
) -> None:
    desk.writer.save_press(press())
    desk.writer.write_due()
    assert desk.writer._outbox is not None
    desk.writer._outbox._connection.execute("PRAGMA user_version=99")
    desk.writer._outbox.close()
    desk.writer._outbox = None
    desk.posts()
    desk.writer.save_press(press(1))
    desk.writer.write_due()
    assert desk.posts() == [OutboxReset()]
    desk.wait(COLLECT_S)
    assert desk.posts() == [PressSaved("p1", 1)]


def test_what_is_left_is_written_at_the_end(desk: Desk) -> None:
    desk.writer.save(Changes(reports={(A, 0): b"0"}, dropped=2, place=location(1)))
    thread = Thread(target=desk.writer.run)
    thread.start()
    desk.writer.end()
    thread.join(2)
    assert not thread.is_alive()
    kept = desk.kept()
    assert (kept.reports, kept.dropped, kept.place) == ([(A, 0, b"0")], 2, location(1))


def test_the_thread_writes_a_press_without_waiting_for_its_round(desk: Desk) -> None:
    thread = Thread(target=desk.writer.run)
    thread.start()
    desk.writer.save_press(press())
    desk.writer.end()
    thread.join(2)
    assert PressSaved("p1", 0) in desk.posted
