from broker_config.watch.board import SILENT_S, Board, BrokerView
from broker_config.watch.statistics import parse
from runtime.clock import ManualClock

BROKER = "broker:8884"
CONNECTED = "guardian_broker_clients_connected"
AWAY = BrokerView(up=False, silent=False, values={})


def board(clock: ManualClock) -> Board:
    return Board([BROKER, "other:8884"], clock)


def note(known: Board, value: int) -> None:
    found = parse("$SYS/broker/clients/connected", str(value).encode())
    assert found is not None
    known.heard(BROKER)
    known.note(BROKER, *found)


def test_a_broker_never_reached_is_down_and_has_no_numbers() -> None:
    assert board(ManualClock()).view() == {BROKER: AWAY, "other:8884": AWAY}


def test_numbers_are_those_of_the_broker_that_sent_them() -> None:
    known = board(ManualClock())
    known.up(BROKER, 1)
    note(known, 7)
    assert known.view()[BROKER] == BrokerView(up=True, silent=False, values={CONNECTED: 7})
    assert known.view()["other:8884"] == AWAY


def test_a_broker_that_is_away_leaves_no_old_number() -> None:
    known = board(ManualClock())
    known.up(BROKER, 1)
    note(known, 7)
    known.down(BROKER)
    assert known.view()[BROKER] == AWAY
    known.up(BROKER, 2)
    assert known.view()[BROKER] == BrokerView(up=True, silent=False, values={})


def test_a_broker_that_falls_silent_leaves_no_old_number_either() -> None:
    """Connected, but it says nothing of itself: what it said last is of the past."""
    clock = ManualClock()
    known = board(clock)
    known.up(BROKER, 1)
    note(known, 7)
    clock.advance(SILENT_S)
    assert known.view()[BROKER].values == {CONNECTED: 7}
    clock.advance(1)
    assert known.view()[BROKER] == BrokerView(up=True, silent=True, values={})
    note(known, 8)
    assert known.view()[BROKER] == BrokerView(up=True, silent=False, values={CONNECTED: 8})


def test_a_number_that_has_gone_back_is_shown_as_it_is() -> None:
    """Prometheus takes the fall of a counter for a restart, as it is one."""
    known = board(ManualClock())
    known.up(BROKER, 1)
    note(known, 1000)
    note(known, 3)
    assert known.view()[BROKER].values == {CONNECTED: 3}
