from device_agent.status import CHANGE_S, REPEAT_S, StatusBoard
from tests.unit.device_agent.fakes import BOOT


def board() -> StatusBoard:
    made = StatusBoard(BOOT, "1.2.3")
    made.up(1)
    return made


def test_a_connection_begins_with_a_status() -> None:
    status = board()
    assert status.due(0.0)
    status.sent(0.0)
    assert not status.due(0.0)
    status.up(2)
    assert status.due(0.0)
    assert status.message("online", 5).connect == 2


def test_it_is_repeated_once_a_minute() -> None:
    status = board()
    status.sent(100.0)
    assert not status.due(100.0 + REPEAT_S - 0.1)
    assert status.due(100.0 + REPEAT_S)
    assert status.deadline() == 100.0 + REPEAT_S


def test_a_change_is_sent_soon_and_flapping_not_at_once() -> None:
    status = board()
    status.sent(100.0)
    status.gps = "fix"
    assert not status.due(100.0 + CHANGE_S - 0.1)
    assert status.due(100.0 + CHANGE_S)
    status.gps = "no_data"
    assert not status.due(100.0 + CHANGE_S), "changed back: nothing is new"


def test_a_command_is_named_at_once() -> None:
    status = board()
    status.sent(100.0)
    status.carried_out(["c1"])
    assert status.due(100.0)
    assert status.message("online", 5).commands == ["c1"]


def test_the_message_says_what_is_known() -> None:
    status = board()
    status.faults = frozenset({"gps_port", "clock"})
    status.interval_s = 10.0
    status.dropped = 3
    message = status.message("online", 1234, pending=7)
    assert (message.at, message.state, message.boot, message.connect) == (1234, "online", BOOT, 1)
    assert (message.pending, message.dropped, message.interval_s) == (7, 3, 10.0)
    assert message.faults == ["clock", "gps_port"]
    assert message.version == "1.2.3"


def test_the_last_will_names_the_connection_that_is_being_made() -> None:
    will = board().lost(9, 1234)
    assert (will.state, will.boot, will.connect, will.at) == ("lost", BOOT, 9, 1234)
