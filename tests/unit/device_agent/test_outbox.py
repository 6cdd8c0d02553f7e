import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from contract.messages import Location
from device_agent.outbox import (
    Changes,
    Kept,
    Outbox,
    OutboxCorruptError,
    OutboxRefusedError,
    set_aside,
)
from device_agent.press import PressRow, TypedCode
from tests.unit.device_agent.fakes import location

A = "0000000a"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    opened = Outbox(path)
    yield opened
    opened.close()


def row(panic_id: str = "p1", update: int = 0, place: Location | None = None) -> PressRow:
    return PressRow(
        panic_id=panic_id,
        kind="button",
        silent=True,
        pressed_at=5,
        clock="gps",
        update=update,
        location=place,
    )


def everything() -> Changes:
    return Changes(
        presses={"p1": row(place=location(1)), "p2": row("p2")},
        reports={(A, 0): b"zero", (A, 1): b"one"},
        dropped=3,
        place=location(9),
    )


def reopened(path: Path) -> Kept:
    outbox = Outbox(path)
    try:
        return outbox.load()
    finally:
        outbox.close()


def test_a_new_outbox_is_empty_and_private(outbox: Outbox, path: Path) -> None:
    assert outbox.load() == Kept()
    outbox.write(everything())
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_what_was_written_is_there_after_opening_anew(outbox: Outbox, path: Path) -> None:
    outbox.write(everything())
    kept = reopened(path)
    assert kept.presses == [row(place=location(1)), row("p2")]
    assert kept.reports == [(A, 0, b"zero"), (A, 1, b"one")]
    assert (kept.dropped, kept.place) == (3, location(9))


def test_a_press_keeps_its_turn_when_it_is_written_again(outbox: Outbox) -> None:
    outbox.write(everything())
    outbox.write(Changes(presses={"p1": row(update=4)}))
    assert outbox.load().presses == [row(update=4), row("p2")]


def test_none_deletes(outbox: Outbox) -> None:
    outbox.write(everything())
    outbox.write(Changes(presses={"p1": None, "px": None}, reports={(A, 0): None, (A, 7): None}))
    kept = outbox.load()
    assert kept.presses == [row("p2")]
    assert kept.reports == [(A, 1, b"one")]


def test_a_report_written_twice_is_kept_once(outbox: Outbox) -> None:
    """After a reset everything known is handed over again."""
    outbox.write(everything())
    outbox.write(Changes(reports={(A, 0): b"zero"}))
    assert len(outbox.load().reports) == 2


def test_each_commit_is_synced_before_it_returns(outbox: Outbox) -> None:
    pragma = outbox._connection.execute
    assert pragma("PRAGMA journal_mode").fetchone() == ("wal",)
    assert pragma("PRAGMA synchronous").fetchone() == (2,), "FULL"
    assert pragma("PRAGMA checkpoint_fullfsync").fetchone() == (1,)


def test_a_full_disk_refuses_and_nothing_of_the_transaction_stays(outbox: Outbox) -> None:
    outbox.write(everything())
    (pages,) = outbox._connection.execute("PRAGMA page_count").fetchone()
    outbox._connection.execute(f"PRAGMA max_page_count={pages}")
    big = {(A, seq): b"x" * 4000 for seq in range(10, 20)}
    with pytest.raises(OutboxRefusedError, match="full"):
        outbox.write(Changes(presses={"p3": row("p3")}, reports=dict(big)))
    assert outbox.load().presses == [row(place=location(1)), row("p2")]
    outbox._connection.execute("PRAGMA max_page_count=10000")
    outbox.write(Changes(presses={"p3": row("p3")}, reports=dict(big)))
    assert len(outbox.load().reports) == 12


def test_a_folder_that_is_not_there_refuses(tmp_path: Path) -> None:
    with pytest.raises(OutboxRefusedError):
        Outbox(tmp_path / "missing" / "outbox.db")


@pytest.mark.parametrize("content", [b"not a database at all, for sure" * 40, b"SQLite format 3"])
def test_a_file_that_is_no_database_is_corrupt(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(OutboxCorruptError):
        Outbox(path)


def test_a_damaged_page_is_corrupt(outbox: Outbox, path: Path) -> None:
    outbox.write(Changes(reports={(A, seq): b"x" * 500 for seq in range(100)}))
    outbox.close()
    content = bytearray(path.read_bytes())
    content[8192:20480] = b"\xa5" * 12288
    path.write_bytes(content)
    with pytest.raises(OutboxCorruptError):
        reopened(path)


def test_an_outbox_of_a_later_version_is_not_touched(outbox: Outbox, path: Path) -> None:
    outbox._connection.execute("PRAGMA user_version=99")
    with pytest.raises(OutboxCorruptError, match="99"):
        Outbox(path)


def test_a_row_that_cannot_be_read_costs_that_row(outbox: Outbox) -> None:
    outbox.write(everything())
    run = outbox._connection.execute
    run("UPDATE presses SET body = x'7b7d' WHERE panic_id = 'p1'")
    run("UPDATE kept SET value = x'ff' WHERE name = 'place'")
    kept = outbox.load()
    assert kept.presses == [row("p2")]
    assert kept.place is None
    assert len(kept.reports) == 2


def test_set_aside_makes_room_and_keeps_one_old_file(outbox: Outbox, path: Path) -> None:
    outbox.write(everything())
    for content in (b"first", b"second"):
        path.write_bytes(content)
        aside = set_aside(path)
        assert not path.exists()
        assert aside.read_bytes() == content
    assert not Path(f"{path}-wal").exists()
    assert reopened(path) == Kept()


def test_setting_nothing_aside_is_no_error(path: Path) -> None:
    assert not set_aside(path).exists()


def test_later_changes_win_over_earlier_ones() -> None:
    changes = everything()
    changes.add(Changes(presses={"p1": None}, reports={(A, 5): None}, dropped=4))
    assert changes.presses["p1"] is None
    assert changes.reports == {(A, 0): b"zero", (A, 1): b"one", (A, 5): None}
    assert (changes.dropped, changes.place) == (4, location(9))
    assert not Changes()
    assert Changes(dropped=0)


def test_what_was_never_written_needs_no_deletion() -> None:
    """A disk that refuses for days must not fill the memory with deletions."""
    changes = everything()
    changes.add(Changes(reports={(A, 0): None, (A, 1): None}))
    assert changes.reports == {}
    changes.add(Changes(reports={(A, 0): None}))
    changes.add(Changes(reports={(A, 0): b"again"}))
    assert changes.reports == {(A, 0): b"again"}


class OutboxLife(RuleBasedStateMachine):
    """Writes, and crashes at any point: the file is then what lies on disk without a goodbye."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.generation = 0
        self.path = Path(self.folder.name) / "outbox.db"
        self.outbox = Outbox(self.path)
        self.presses: dict[str, PressRow] = {}
        self.reports: dict[tuple[str, int], bytes] = {}
        self.dropped = 0

    @rule(number=st.integers(0, 3), update=st.integers(0, 9))
    def write_press(self, number: int, update: int) -> None:
        written = row(f"p{number}", update)
        self.outbox.write(Changes(presses={written.panic_id: written}))
        self.presses[written.panic_id] = written

    @rule(first=st.integers(0, 20), count=st.integers(1, 8))
    def write_reports(self, first: int, count: int) -> None:
        batch = {(A, seq): b"%d" % seq for seq in range(first, first + count)}
        self.outbox.write(Changes(reports=dict(batch)))
        self.reports |= batch

    @rule(first=st.integers(0, 20), count=st.integers(1, 8))
    def forget_reports(self, first: int, count: int) -> None:
        keys = [(A, seq) for seq in range(first, first + count)]
        self.dropped += 1
        self.outbox.write(Changes(reports=dict.fromkeys(keys), dropped=self.dropped))
        for key in keys:
            self.reports.pop(key, None)

    @rule()
    def fail_in_the_middle(self) -> None:
        """A transaction whose last statement fails leaves nothing."""
        broken = Changes(presses={"p9": row("p9")}, reports={(A, 2**70): b"too large a number"})
        with pytest.raises(OverflowError):
            self.outbox.write(broken)

    @rule()
    def crash(self) -> None:
        self.generation += 1
        fresh = Path(self.folder.name) / str(self.generation)
        fresh.mkdir()
        for suffix in ("", "-wal"):
            if Path(f"{self.path}{suffix}").exists():
                shutil.copy(f"{self.path}{suffix}", fresh)
        self.outbox.close()
        self.path = fresh / "outbox.db"
        self.outbox = Outbox(self.path)

    @rule()
    def crash_in_a_transaction(self) -> None:
        self.outbox._connection.execute("BEGIN IMMEDIATE")
        self.outbox._write(Changes(presses={"p9": row("p9")}, dropped=10**6))
        self.crash()

    @invariant()
    def everything_is_there(self) -> None:
        kept = self.outbox.load()
        assert {each.panic_id: each for each in kept.presses} == self.presses
        assert {(boot, seq): body for boot, seq, body in kept.reports} == self.reports
        assert kept.dropped == self.dropped

    def teardown(self) -> None:
        self.outbox.close()
        self.folder.cleanup()


TestOutboxLife = pytest.mark.timeout(60)(OutboxLife.TestCase)  # shrinking a failure takes its time
TestOutboxLife.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)


def test_a_locked_file_refuses(outbox: Outbox, path: Path) -> None:
    """Somebody who looks with the sqlite3 program may hold it; that is no damage."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    outbox._connection.execute("PRAGMA busy_timeout=1")
    with pytest.raises(OutboxRefusedError, match="locked"):
        outbox.write(everything())
    other.close()
    outbox.write(everything())


def test_what_was_typed_stays_nowhere_on_the_disk(tmp_path: Path) -> None:
    """Neither in the file nor in its log, once a receipt covers it."""
    outbox = Outbox(tmp_path / "outbox.db")
    code = TypedCode(code="duress-4711", at=1, update=1)
    row = PressRow(panic_id="a", kind="button", silent=False, pressed_at=1, clock="gps")
    outbox.write(Changes(presses={"a": replace(row, codes=[code], cancelled=True)}))
    assert b"duress-4711" in b"".join(each.read_bytes() for each in tmp_path.iterdir())
    outbox.write(Changes(presses={"a": replace(row, cancelled=True)}, scrub=True))
    assert b"duress-4711" not in b"".join(each.read_bytes() for each in tmp_path.iterdir())
    outbox.close()
