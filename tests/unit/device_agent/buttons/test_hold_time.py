import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_agent.buttons.hold_time import STUCK_S, Edge, Hold, Raised, StuckChange

DOWN, UP = True, False


def test_a_press_held_for_its_time_is_raised_once() -> None:
    hold = Hold(1.5)
    assert hold.edge(Edge(DOWN, 10.0)) == []
    assert hold.deadline() == 11.5
    assert hold.tick(11.4) == []
    assert hold.tick(11.5) == [Raised(11.5)]
    assert hold.tick(30.0) == []


def test_a_shorter_press_is_none() -> None:
    hold = Hold(1.5)
    hold.edge(Edge(DOWN, 10.0))
    assert hold.edge(Edge(UP, 11.4)) == []
    assert hold.deadline() is None
    assert hold.tick(99.0) == []


def test_the_time_is_that_of_the_edges_and_not_of_their_arrival() -> None:
    """Both edges are read late, together: it was held, so it counts."""
    hold = Hold(1.5)
    hold.edge(Edge(DOWN, 10.0))
    assert hold.edge(Edge(UP, 11.5)) == [Raised(11.5)]


def test_without_a_hold_time_the_edge_itself_raises() -> None:
    assert Hold(0).edge(Edge(DOWN, 10.0)) == [Raised(10.0)]


def test_each_new_press_raises_again() -> None:
    hold = Hold(0)
    assert hold.edge(Edge(DOWN, 1.0)) == [Raised(1.0)]
    assert hold.edge(Edge(UP, 2.0)) == []
    assert hold.edge(Edge(DOWN, 3.0)) == [Raised(3.0)]


def test_an_edge_that_says_what_is_known_changes_nothing() -> None:
    hold = Hold(1.0)
    hold.edge(Edge(DOWN, 1.0))
    assert hold.edge(Edge(DOWN, 1.5)) == []
    assert hold.deadline() == 2.0
    hold.edge(Edge(UP, 1.7))
    assert hold.edge(Edge(UP, 9.0)) == []


def test_a_line_active_at_the_start_raises_one_panic_at_once() -> None:
    hold = Hold(1.5)
    assert hold.start(5.0, active=True) == [Raised(5.0)]
    assert hold.tick(20.0) == []
    assert hold.tick(5.0 + STUCK_S) == [StuckChange(stuck=True)]
    assert Hold(1.5).start(5.0, active=False) == []


def test_a_stuck_button_is_a_fault_and_not_a_panic_every_minute() -> None:
    hold = Hold(1.5)
    hold.edge(Edge(DOWN, 0.0))
    outcomes = [each for now in range(1000) for each in hold.tick(float(now))]
    assert outcomes == [Raised(1.5), StuckChange(stuck=True)]
    assert hold.deadline() is None
    assert hold.edge(Edge(UP, 1000.0)) == [StuckChange(stuck=False)]
    assert hold.edge(Edge(DOWN, 1001.0)) == []
    assert hold.tick(1002.5) == [Raised(1002.5)]


@pytest.mark.parametrize("hold_s", [0.0, 0.5, 1.5])
@given(st.lists(st.floats(0.01, 5), min_size=1, max_size=20))
def test_every_press_long_enough_is_raised_and_no_other(hold_s: float, pauses: list[float]) -> None:
    hold, now, raised, expected, down_at = Hold(hold_s), 0.0, 0, 0, None
    for pause in pauses:
        now += pause
        if down_at is None:
            down_at = now
            outcomes = hold.edge(Edge(DOWN, now))
        else:
            expected += now >= down_at + hold_s
            down_at = None
            outcomes = hold.edge(Edge(UP, now))
        raised += sum(isinstance(each, Raised) for each in outcomes)
    if down_at is not None:
        raised += len(hold.tick(now + 50))
        expected += 1
    assert raised == expected
