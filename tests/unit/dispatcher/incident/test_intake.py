import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.messages import IncidentClass
from dispatcher.incident.intake import Arrival, KnownIncident, KnownPress, decide

OPEN = KnownIncident("open", "production", open=True)
OPEN_TEST = KnownIncident("test", "test", open=True)
CLOSED = KnownIncident("closed", "production", open=False)
CLOSED_TEST = KnownIncident("closed-test", "test", open=False)
CLASSES = st.sampled_from(["production", "test", "canary"])


def arrival(
    class_: IncidentClass = "production", update: int | None = 0, *, readable: bool = True
) -> Arrival:
    return Arrival(class_, update, readable)


def test_the_first_press_opens() -> None:
    decision = decide(arrival(), None, [])
    assert (decision.action, decision.class_, decision.incident) == ("open", "production", None)


def test_a_new_press_joins_the_open_incident_of_its_class() -> None:
    decision = decide(arrival(), None, [OPEN_TEST, OPEN])
    assert (decision.action, decision.incident) == ("join", "open")


def test_a_real_press_makes_a_test_real_and_never_the_reverse() -> None:
    real = decide(arrival("production"), None, [OPEN_TEST])
    assert (real.action, real.class_, real.incident) == ("join", "production", "test")
    test = decide(arrival("test"), None, [OPEN])
    assert (test.action, test.class_) == ("open", "test")


def test_a_press_seen_before_is_a_repeat_and_a_higher_update_is_news() -> None:
    known = KnownPress(OPEN, update=3)
    assert decide(arrival(update=3), known, [OPEN]).action == "repeat"
    assert decide(arrival(update=2), known, [OPEN]).action == "repeat"
    assert decide(arrival(update=4), known, [OPEN]).action == "update"


def test_an_update_whose_number_cannot_be_read_may_be_news() -> None:
    assert decide(arrival(update=None), KnownPress(OPEN, 3), [OPEN]).action == "update"


def test_an_update_of_a_closed_incident_is_too_late_and_opens_nothing() -> None:
    assert decide(arrival(update=9), KnownPress(CLOSED, 3), []).action == "too_late"
    assert decide(arrival(update=9), KnownPress(CLOSED, 3), [OPEN]).action == "too_late"


@pytest.mark.parametrize("update", [0, 1])
def test_a_test_that_turns_out_to_be_real(update: int) -> None:
    """Open: it becomes real. Closed: it is raised anew. With a real one open: it moves there."""
    opened = decide(arrival(update=update), KnownPress(OPEN_TEST, 0), [OPEN_TEST])
    assert (opened.action, opened.class_, opened.incident) == ("update", "production", "test")
    closed = decide(arrival(update=update), KnownPress(CLOSED_TEST, 0), [])
    assert (closed.action, closed.class_, closed.incident) == (
        "revive",
        "production",
        "closed-test",
    )
    moved = decide(arrival(update=update), KnownPress(CLOSED_TEST, 0), [OPEN])
    assert (moved.action, moved.class_, moved.incident) == ("update", "production", "open")


def test_an_unreadable_panic_joins_and_further_ones_count_to_the_same_press() -> None:
    joins = decide(arrival(readable=False), None, [OPEN])
    assert (joins.action, joins.incident) == ("join", "open")
    garbled = KnownIncident("open", "production", open=True, has_unreadable=True)
    assert decide(arrival(readable=False), None, [garbled]).action == "again"
    assert decide(arrival(readable=True), None, [garbled]).action == "join"


def test_a_payload_seen_before_is_a_repeat_also_after_the_close() -> None:
    for owner in (OPEN, CLOSED, CLOSED_TEST):
        decision = decide(arrival(readable=False), KnownPress(owner, 0), [])
        assert (decision.action, decision.incident) == ("repeat", owner.id)


@given(
    class_=CLASSES,
    update=st.none() | st.integers(0, 5),
    readable=st.booleans(),
    known=st.none() | st.builds(KnownPress, st.builds(
        KnownIncident, st.just("own"), CLASSES, st.booleans(), st.booleans()), st.integers(0, 5)),
    opened=st.lists(st.builds(
        KnownIncident, st.sampled_from("abc"), CLASSES, st.just(value=True), st.booleans()),
        max_size=3, unique_by=lambda each: each.class_),
)  # fmt: skip
def test_every_arrival_has_a_place_and_a_known_press_opens_nothing(
    class_: IncidentClass,
    update: int | None,
    readable: bool,  # noqa: FBT001 - drawn by name
    known: KnownPress | None,
    opened: list[KnownIncident],
) -> None:
    decision = decide(Arrival(class_, update, readable), known, opened)
    assert decision.reason
    assert (decision.action == "open") == (decision.incident is None)
    if known is None:
        assert decision.action in ("open", "join", "again")
        assert decision.class_ == class_
    else:
        assert decision.action in ("update", "repeat", "too_late", "revive")
        assert not (known.incident.class_ == "production" and decision.class_ == "test")
