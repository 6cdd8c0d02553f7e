"""The press, the disk, the link and the dispatcher, with crashes between any two steps."""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contract.messages import Location, Panic, PanicKind, Receipt, Stage
from device_agent.panic import Panics
from device_agent.press import PressRow
from tests.unit.device_agent.fakes import location, make_pace, moment


@dataclass
class Desk:
    """What the dispatcher has committed of one press."""

    update: int = -1
    version: int = 0
    stage: Stage = "received"
    contents: dict[int, Location | None] = field(default_factory=dict)


class PressLife(RuleBasedStateMachine):
    """Messages, receipts and disk writes are lost, late and out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.panics = Panics(lambda: 0.5, make_pace())
        self.now = 0.0
        self.made = 0
        self.places = 0
        self.up = False
        self.writing: list[PressRow] = []
        self.disk: dict[str, PressRow] = {}
        self.desks: dict[str, Desk] = {}
        self.on_the_wire: list[Panic] = []
        self.receipts: list[Receipt] = []
        self.contents: dict[tuple[str, int], Location | None] = {}
        self.versions: dict[str, int] = {}

    @initialize()
    def connect(self) -> None:
        self.link_changes(up=True)

    # --- What happens ---------------------------------------------------------------------------

    @rule(kind=st.sampled_from(["button", "fall", "test"]))
    def press(self, kind: PanicKind) -> None:
        self.made += 1
        press = self.panics.press(
            kind,
            silent=False,
            pressed=self.now,
            moment=moment(self.now),
            location=None,
            fresh=False,
            randomness=self.made.to_bytes(10, "big"),
        )
        self.writing.append(press.row)
        self.send()

    @rule()
    def fix(self) -> None:
        self.places += 1
        self.writing += [press.row for press in self.panics.place(location(self.places), self.now)]
        self.send()

    @rule(seconds=st.sampled_from([0.1, 0.6, 1.5, 5.0, 30.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        if self.up and self.panics.overdue(self.now):
            self.link_changes(up=False)
        self.send()

    @rule()
    def disk_writes(self) -> None:
        for row in self.writing:
            self.disk[row.panic_id] = row
            self.panics.saved(row.panic_id, row.update)
        self.writing.clear()
        self.send()

    @rule(up=st.booleans())
    def link_changes(self, *, up: bool) -> None:
        self.up = up
        if up:
            self.panics.up(self.now)
        else:
            self.panics.down()
        self.send()

    @rule(lost=st.booleans())
    def messages_travel(self, *, lost: bool) -> None:
        messages, self.on_the_wire = self.on_the_wire, []
        for message in () if lost else messages:
            desk = self.desks.setdefault(message.panic_id, Desk())
            desk.contents.setdefault(message.update, message.location)
            if message.update > desk.update:
                desk.update = message.update
                if desk.stage == "reopened":
                    desk.stage, desk.version = "received", desk.version + 1
            self.receipts.append(self.receipt_of(message.panic_id))

    @rule(fate=st.sampled_from(["in order", "backwards", "lost"]))
    def receipts_travel(self, fate: str) -> None:
        receipts, self.receipts = self.receipts, []
        if fate != "lost":
            for receipt in receipts if fate == "in order" else reversed(receipts):
                self.take(receipt)

    @rule(stage=st.sampled_from(["acknowledged", "closed", "reopened"]))
    def desk_changes(self, stage: Stage) -> None:
        for panic_id, desk in self.desks.items():
            desk.stage, desk.version = stage, desk.version + 1
            self.receipts.append(self.receipt_of(panic_id))

    @rule()
    def crash(self) -> None:
        """Kill -9: what was not on disk is gone, and so are the connection and all clocks."""
        self.writing.clear()
        self.on_the_wire.clear()
        self.versions = {row.panic_id: row.version for row in self.disk.values()}
        self.panics = Panics(lambda: 0.5, make_pace())
        self.now += 1000.0
        self.panics.restore(self.disk.values(), self.now)
        self.link_changes(up=True)

    # --- What must hold -------------------------------------------------------------------------

    @invariant()
    def versions_never_go_back(self) -> None:
        for press in self.panics.all():
            assert press.row.version >= self.versions.get(press.row.panic_id, -1)
            self.versions[press.row.panic_id] = press.row.version

    @invariant()
    def at_most_one_press_is_updated(self) -> None:
        assert sum(press.leads for press in self.panics.all()) <= 1

    def teardown(self) -> None:
        """Once everything works, each press is received, unless the disk never had it.

        A dispatcher whose session was lost sends the receipts again.
        """
        self.receipts += map(self.receipt_of, self.desks)
        for _ in range(40):
            if not self.up:
                self.link_changes(up=True)
            self.disk_writes()
            self.messages_travel(lost=False)
            self.receipts_travel("in order")
            self.disk_writes()
            self.wait(1.5)
        for press in self.panics.all():
            assert not press.open
            desk = self.desks[press.row.panic_id]
            assert press.row.version == desk.version
            if press.state != "ended":
                assert desk.contents[desk.update] == press.row.location

    # --- How it is wired --------------------------------------------------------------------------

    def send(self) -> None:
        while self.up and (press := self.panics.due(self.now)) is not None:
            message = self.panics.message(press, moment(self.now))
            self.check_sending(message)
            self.panics.sent(press, self.now)
            self.on_the_wire.append(message)

    def check_sending(self, message: Panic) -> None:
        """It waited for the disk, and its number never stood for anything else."""
        on_disk = self.disk.get(message.panic_id)
        saved = on_disk is not None and on_disk.update >= message.update
        press = next(each for each in self.panics.all() if each.row.panic_id == message.panic_id)
        assert saved or (press.save_by is not None and self.now >= press.save_by)
        key = (message.panic_id, message.update)
        assert self.contents.setdefault(key, message.location) == message.location

    def take(self, receipt: Receipt) -> None:
        self.writing += [press.row for press in self.panics.receipt(receipt, self.now)]

    def receipt_of(self, panic_id: str) -> Receipt:
        desk = self.desks[panic_id]
        return Receipt(
            panic_id=panic_id, update=desk.update, version=desk.version, stage=desk.stage, at=0
        )


TestPressLife = pytest.mark.timeout(60)(PressLife.TestCase)  # shrinking a failure takes its time
TestPressLife.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
