from typing import Any

import pytest

from contract import codec
from contract.messages import Driver, Journey, JourneyAction, Receipt, Stage
from device_agent.journey import MIN_AHEAD_MS, JourneyRefusedError, Journeys
from tests.unit.device_agent.fakes import moment

NOW = moment(0.0)
DUE = NOW.wall_ms + 3_600_000


def started(**more: Any) -> tuple[Journeys, Journey]:
    journeys = Journeys()
    plan = {"mode": "hike", "due_at": DUE} | more
    return journeys, journeys.start(plan, NOW, bytes(10))


def receipt(
    journey: Journey, *, version: int = 1, stage: Stage = "received", **more: Any
) -> Receipt:
    return Receipt(
        journey_id=journey.journey_id, update=0, version=version, stage=stage, at=1, **more
    )


def test_a_start_says_all_that_the_holder_said() -> None:
    _, journey = started(
        vehicle={"plate": "ABC-1234"}, driver={"name": "Chen"}, party=3, note="north ridge",
        destination={"lat": 24.1, "lon": 121.3, "name": "hut"}, route_id="r-1", check_in_s=7200,
    )  # fmt: skip
    assert codec.decode(Journey, codec.encode(journey)) == journey
    assert (journey.action, journey.update, journey.mode, journey.party) == ("start", 0, "hike", 3)
    assert journey.destination is not None
    assert journey.destination.name == "hut"


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (None, "Expected"),
        ({"mode": "taxi"}, "due_at"),
        ({"mode": "rocket", "due_at": DUE}, "mode"),
        ({"mode": "taxi", "due_at": "23:30"}, "due_at"),
        ({"mode": "taxi", "due_at": DUE, "plate": "ABC"}, "plate"),
        ({"mode": "taxi", "due_at": DUE, "vehicle": {"plate": "X" * 40}}, "plate"),
        ({"mode": "taxi", "due_at": DUE, "party": 0}, "party"),
        ({"mode": "taxi", "due_at": DUE, "destination": {"lat": 91}}, "lat"),
        ({"mode": "taxi", "due_at": NOW.wall_ms + MIN_AHEAD_MS - 1}, "due_at"),
        ({"mode": "taxi", "due_at": 0}, "due_at"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_and_says_why(plan: Any, reason: str) -> None:
    journeys = Journeys()
    with pytest.raises(JourneyRefusedError, match=reason):
        journeys.start(plan, NOW, bytes(10))
    assert journeys.row is None


def test_one_journey_at_a_time() -> None:
    journeys, _ = started()
    with pytest.raises(JourneyRefusedError, match="running"):
        journeys.start({"mode": "walk", "due_at": DUE}, NOW, bytes(10))
    journeys.change("arrive", NOW)
    assert journeys.start({"mode": "walk", "due_at": DUE}, NOW, bytes([1] * 10)).update == 0


def test_changes_are_numbered_and_an_extension_moves_the_due_time() -> None:
    journeys, start = started()
    extended = journeys.change("extend", NOW, due_at=DUE + 60_000)
    checked = journeys.change("check_in", NOW)
    assert [each.update for each in (start, extended, checked)] == [0, 1, 2]
    assert {each.journey_id for each in (start, extended, checked)} == {start.journey_id}
    assert (extended.due_at, checked.due_at) == (DUE + 60_000, None)
    assert journeys.row is not None
    assert journeys.row.due_at == DUE + 60_000


@pytest.mark.parametrize("action", ["arrive", "cancel"])
def test_after_the_end_there_is_nothing_to_change(action: JourneyAction) -> None:
    journeys, _ = started()
    journeys.change(action, NOW)
    assert journeys.running is None
    with pytest.raises(JourneyRefusedError, match="no journey"):
        journeys.change("extend", NOW, due_at=DUE)


@pytest.mark.parametrize(
    ("action", "due_at"), [("extend", None), ("arrive", DUE), ("extend", NOW.wall_ms)]
)
def test_an_extension_needs_a_time_that_is_to_come(
    action: JourneyAction, due_at: int | None
) -> None:
    journeys, _ = started()
    with pytest.raises(JourneyRefusedError, match="due_at"):
        journeys.change(action, NOW, due_at=due_at)


def test_a_receipt_tells_who_drives_and_an_older_one_says_nothing() -> None:
    journeys, start = started()
    driver = Driver(name="Chen", company="Taiwan Taxi")
    assert journeys.receipt(receipt(start, version=2, driver=driver, marks=["plate_mismatch"]))
    assert not journeys.receipt(receipt(start, version=1, stage="closed"))
    assert journeys.receipt(receipt(start, version=3))
    assert journeys.row is not None
    assert (journeys.row.driver, journeys.row.marks) == (driver, ["plate_mismatch"])
    assert journeys.running is not None
    journeys.receipt(receipt(start, version=4, stage="closed"))
    assert journeys.running is None


def test_a_receipt_of_another_journey_says_nothing() -> None:
    journeys, start = started()
    other = codec.decode(Receipt, codec.encode(receipt(start)))
    journeys.row = None
    assert not journeys.receipt(other)
