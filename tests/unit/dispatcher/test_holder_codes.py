"""Holders' codes: what operators learn of them, and that the tracker learns nothing."""

from typing import Any

import pytest
from argon2 import PasswordHasher
from msgspec.structs import asdict
from sqlalchemy import text

from contract.errors import InvalidIdError
from contract.messages import Receipt
from dispatcher.answers import IncidentDetail
from dispatcher.errors import RefusedError, UnknownAccountError, UnusableCodeError
from dispatcher.holder_codes import CodeChecks, HolderCodesBook
from dispatcher.incident.codes import WRONG_MAX
from tests.unit.dispatcher.world import World, new_id

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PIN, DURESS, WRONG = "4711", "9911", "0000"


class Holder:
    """One press of a tracker, whose holder types codes."""

    def __init__(self, world: World, *, has_codes: bool = True) -> None:
        self.world = world
        self.book = HolderCodesBook(world.database, world.clock, hasher=CHEAP)
        self.checks = CodeChecks(world.desk, self.book, world.clock)
        if has_codes:
            self.book.put("tracker-a", PIN, DURESS)
        self.panic_id = new_id()
        self.cancels: list[dict[str, Any]] = []
        self.told: list[Receipt] = []
        self.incident = self.send(0)

    def send(self, update: int) -> str:
        receipt = self.world.press(
            panic_id=self.panic_id, update=update, cancel=self.cancels or None
        )
        self.told.append(receipt)
        assert receipt.incident is not None
        return receipt.incident

    def type(self, code: str) -> None:
        """Type a code, and let it be compared."""
        self.world.clock.advance(1)
        self.cancels.append({"code": code, "at": self.world.clock.now_ms()})
        self.send(len(self.cancels))
        while self.checks.turn():
            pass

    @property
    def detail(self) -> IncidentDetail:
        return self.world.desk.incident(self.incident)

    def close(self) -> None:
        if self.detail.unacknowledged:
            self.world.desk.act(self.incident, "acknowledge", "ann")
        self.world.desk.act(self.incident, "close", "ann", disposition="stood_down")


@pytest.fixture
def holder(world: World) -> Holder:
    return Holder(world)


def test_the_pin_is_a_request_that_operators_see_as_verified(holder: Holder) -> None:
    holder.type(PIN)
    detail = holder.detail
    assert (detail.state, detail.cancel, detail.unacknowledged) == ("raised", "verified", True)
    assert detail.marks == ["cancel_requested", "no_fix"]
    assert detail.history[-1].event == "verified"


def test_a_wrong_code_is_marked(holder: Holder) -> None:
    holder.type(WRONG)
    assert holder.detail.cancel == "wrong"
    assert holder.detail.marks == ["wrong_code", "cancel_requested", "no_fix"]


def test_without_codes_a_cancel_is_only_a_request_and_nothing_typed_is_kept(world: World) -> None:
    holder = Holder(world, has_codes=False)
    holder.type(PIN)
    assert (holder.detail.cancel, holder.detail.marks[0]) == ("requested", "cancel_requested")
    with world.database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM typed_codes")).scalar() == 0


def test_the_duress_code_calls_for_somebody_at_once_and_is_the_most_urgent(
    holder: Holder, world: World
) -> None:
    world.desk.act(holder.incident, "acknowledge", "ann")
    world.desk.act(holder.incident, "dispatch", "ann")
    world.clock.advance(20)
    holder.type(DURESS)
    detail = holder.detail
    assert (detail.state, detail.unacknowledged, detail.acknowledged_by) == ("raised", True, None)
    assert (detail.cancel, detail.priority, detail.silent) == ("duress", 1, True)
    assert detail.marks[0] == "duress"
    assert world.sent()[-1] == "pressed"
    with pytest.raises(RefusedError) as refused:
        world.desk.act(holder.incident, "close", "ann", disposition="stood_down")
    assert refused.value.reason == "not_acknowledged"
    world.after(15)
    assert world.sent()[-1] == "escalated"
    assert world.desk.act(holder.incident, "acknowledge", "ben").state == "dispatched"


def test_no_code_after_duress_takes_it_back(holder: Holder) -> None:
    for code in (DURESS, PIN, WRONG):
        holder.type(code)
    assert holder.detail.cancel == "duress"
    assert "duress" in holder.detail.marks


def test_duress_raises_a_closed_incident_anew(holder: Holder, world: World) -> None:
    holder.close()
    holder.type(DURESS)
    detail = holder.detail
    assert (detail.state, detail.unacknowledged, detail.priority) == ("raised", True, 1)
    assert detail.closed_at is None
    assert detail.on_board
    assert world.sent()[-1] == "raised"
    world.after(15)
    assert world.sent()[-1] == "escalated"


@pytest.mark.parametrize("code", [PIN, WRONG])
def test_no_other_code_reopens(holder: Holder, code: str) -> None:
    holder.close()
    holder.type(code)
    assert (holder.detail.state, holder.told[-1].stage) == ("closed", "closed")


def test_duress_of_a_closed_press_calls_on_the_incident_that_is_open(
    holder: Holder, world: World
) -> None:
    holder.close()
    new = world.press().incident or ""
    world.desk.act(new, "acknowledge", "ann")
    holder.type(DURESS)
    assert holder.detail.state == "closed"
    detail = world.desk.incident(new)
    assert (detail.unacknowledged, detail.priority, detail.linked) == (True, 1, [holder.incident])


@pytest.mark.parametrize("before", ["open", "acknowledged", "closed", "closed, another open"])
def test_the_tracker_is_told_the_same_whatever_was_typed(world: World, before: str) -> None:
    """Promise 10: not one receipt differs, neither the answers nor what is sent later."""

    def life(code: str) -> list[dict[str, Any]]:
        world.receipts.clear()
        holder = Holder(world)
        if before != "open":
            world.desk.act(holder.incident, "acknowledge", "ann")
        if before.startswith("closed"):
            holder.close()
        other = world.press().incident if "another" in before else None
        if other is not None:
            world.desk.act(other, "acknowledge", "ann")
        holder.type(code)
        holder.type(WRONG)
        world.after(15)
        told = [*holder.told, *(receipt for _, receipt in world.receipts)]
        told += [receipt for _, receipt in world.desk.reopened_receipts()]
        mine = {each.panic_id for each in told}
        again = [receipt for _, receipt in world.desk.open_receipts(0)]
        told += [each for each in again if each.panic_id in mine]
        holder.send(len(holder.cancels))
        told.append(holder.told[-1])
        for each in {holder.incident, other} - {None}:
            detail = world.desk.incident(each or "")
            if detail.state != "closed":
                if detail.unacknowledged:
                    world.desk.act(detail.id, "acknowledge", "ann")
                world.desk.act(detail.id, "close", "ann", disposition="helped")
        names: dict[str | None, int] = {None: -1}
        return [
            asdict(each)
            | {"at": 0}
            | {
                key: names.setdefault(getattr(each, key), len(names))
                for key in ("panic_id", "incident")
            }
            for each in told
        ]

    lives = [life(code) for code in (PIN, WRONG, DURESS)]
    assert lives[0] == lives[1] == lives[2]


def test_after_too_many_wrong_codes_the_pin_is_not_believed_but_duress_is(holder: Holder) -> None:
    for number in range(WRONG_MAX):
        holder.type(f"000{number}")
    seen = []
    for code in (PIN, DURESS):
        holder.type(code)
        seen.append(holder.detail.cancel)
    assert seen == ["wrong", "duress"]


def test_a_repeated_code_counts_once(holder: Holder, world: World) -> None:
    holder.type(WRONG)
    for update in range(2, 10):
        holder.send(update)
    assert holder.checks.turn() == 0
    with world.database.reading() as connection:
        assert connection.execute(text("SELECT code FROM typed_codes")).scalars().all() == [None]


def test_a_crash_before_the_comparison_loses_no_duress(holder: Holder, world: World) -> None:
    holder.cancels.append({"code": DURESS, "at": world.clock.now_ms()})
    holder.send(1)
    world.crash()
    book = HolderCodesBook(world.database, world.clock, hasher=CHEAP)
    assert CodeChecks(world.desk, book, world.clock).turn() == 1
    assert world.desk.incident(holder.incident).cancel == "duress"


def test_a_tracker_that_sends_hundreds_of_codes_delays_only_itself(
    holder: Holder, world: World
) -> None:
    holder.book.put("tracker-b", PIN, DURESS)
    now = world.clock.now_ms()
    flood = [{"code": f"{number:04}", "at": now + number} for number in range(100)]
    world.press(panic_id=holder.panic_id, update=1, cancel=flood)
    world.press(panic_id=holder.panic_id, update=2, cancel=[{"code": "1", "at": now + 1000}])
    other = world.press("tracker-b", cancel=[{"code": PIN, "at": now}]).incident or ""
    assert holder.checks.turn() == 2
    assert world.desk.incident(other).cancel == "verified"


def test_codes_are_kept_as_hashes_and_can_be_cleared(holder: Holder, world: World) -> None:
    assert holder.book.set_at("tracker-a") == world.clock.now_ms()
    with world.database.reading() as connection:
        row = connection.execute(text("SELECT * FROM cancel_codes")).one()
    assert not [each for each in row if PIN in str(each) or DURESS in str(each)]
    holder.book.clear("tracker-a")
    assert holder.book.set_at("tracker-a") is None
    with pytest.raises(UnknownAccountError):
        holder.book.clear("tracker-a")


@pytest.mark.parametrize(
    ("pin", "duress"), [("471", DURESS), (PIN, PIN), (PIN, "9" * 33), ("47\n1", DURESS)]
)
def test_codes_that_cannot_work_are_refused(holder: Holder, pin: str, duress: str) -> None:
    with pytest.raises(UnusableCodeError):
        holder.book.put("tracker-a", pin, duress)
    with pytest.raises(InvalidIdError):
        holder.book.put("Not A Device", PIN, DURESS)
