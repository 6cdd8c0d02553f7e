"""The link as a whole, against brokers that the test plays itself."""

import logging
import socket
from collections.abc import Callable, Iterator
from queue import Queue
from threading import Event, Lock, Thread, current_thread
from threading import enumerate as threads
from typing import Any

import pytest

from runtime.clock import SystemClock
from runtime.mqtt import backoff, connector
from runtime.mqtt.address import BrokerAddress
from runtime.mqtt.errors import AttemptError, AttemptInterruptedError, BrokerAddressError
from runtime.mqtt.link import Incoming, Link, LinkSettings, NotConnectedError, Will
from runtime.mqtt.resolve import Resolver
from tests.services.choice import wait_until
from tests.unit.runtime.mqtt.peer import (
    CONNECT,
    DISCONNECT,
    PUBACK,
    PUBLISH,
    TIMEOUT_S,
    Peer,
)
from tests.unit.runtime.mqtt.recorder import Recorder

ONE = ("mqtt://one.example:1883",)
TWO = (*ONE, "mqtt://two.example:1883")
THREE = (*TWO, "mqtt://three.example:1883")


class Net:
    """Stands for the network: what is dialled, and who answers."""

    def __init__(self) -> None:
        self.dialled: list[str] = []
        self.refuse: dict[str, str] = {}
        self._peers: Queue[Peer] = Queue()
        self._all: list[Peer] = []

    def dial(self, host: str, *_: Any, **__: Any) -> socket.socket:
        self.dialled.append(host)
        if host in self.refuse:
            raise AttemptError(self.refuse[host])
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        peer = Peer(theirs)
        self._all.append(peer)
        self._peers.put(peer)
        return ours

    def accept(self) -> Peer:
        """Return the broker's end of the next connection."""
        return self._peers.get(timeout=TIMEOUT_S)

    def close(self) -> None:
        for each in self._all:
            each.close()


class HurriedClock(SystemClock):
    """A clock that the test sets forward."""

    ahead_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_s


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Iterator[Net]:
    net = Net()
    monkeypatch.setattr(connector, "dial", net.dial)
    monkeypatch.setattr(Resolver, "endpoints", lambda *_: [])
    monkeypatch.setattr(backoff, "FIRST_S", 0.001)
    yield net
    net.close()


@pytest.fixture(params=["paho", "own"])
def make(net: Net, request: pytest.FixtureRequest) -> Iterator[Callable[..., Link]]:
    """Make links, with either client."""
    made: list[Link] = []

    def make(
        handler: Recorder,
        brokers: tuple[str, ...] = ONE,
        *,
        receive_maximum: int = 20,
        **how: Any,
    ) -> Link:
        settings = LinkSettings(
            brokers=brokers,
            client_id="tracker-1",
            ca_file=None,
            cert_file=None,
            key_file=None,
            username=None,
            password=None,
            keepalive_s=0,
            session_expiry_s=3600,
            receive_maximum=receive_maximum,
            send_buffer=None,
            bulk=request.param == "own",
        )
        made.append(Link(settings, handler, **{"subscriptions": ["a/#"], **how}))
        return made[-1]

    yield make
    net.close()
    for each in made:
        each.stop()
    assert not [each for each in threads() if each.name.startswith("mqtt-")]


Make = Callable[..., Link]


def _fail() -> bool:
    raise LookupError("a bug of the caller's")


def test_up_and_down(net: Net, make: Make) -> None:
    recorder = Recorder()
    link = make(recorder)
    assert link.connection is None
    link.start()
    peer = net.accept()
    peer.welcome()
    assert recorder.until_up().connection == 1
    assert link.connection == 1
    peer.close()
    assert recorder.until_down() == "the broker closed the connection"
    net.accept().welcome(present=True)
    up = recorder.until_up(2)
    assert (up.connection, up.session_present) == (2, True)
    assert recorder.order == ["on_up", "on_down", "on_up"]


def test_without_a_connection(make: Make) -> None:
    link = make(Recorder())
    message = Incoming("a", b"", retain=False, connection=1, packet=1)
    with pytest.raises(NotConnectedError):
        link.publish("t", b"x")
    assert not link.acknowledge(message)
    link.drop("nothing there")
    link.subscribe("b")
    link.unsubscribe("b")
    link.stop()
    assert link.counters.drops == 1


def test_started_once(net: Net, make: Make) -> None:
    link = make(Recorder())
    link.start()
    with pytest.raises(RuntimeError):
        link.start()


@pytest.mark.parametrize("brokers", [(), ("http://one.example",)])
def test_no_usable_broker(make: Make, brokers: tuple[str, ...]) -> None:
    with pytest.raises(BrokerAddressError):
        make(Recorder(), brokers)


def test_brokers_are_tried_in_their_order_and_again(net: Net, make: Make) -> None:
    net.refuse = {"one.example": "connection refused", "two.example": "connection refused"}
    recorder = Recorder()
    link = make(recorder, THREE)
    link.start()
    net.accept().close()
    net.accept().welcome()
    assert recorder.until_up().broker == "mqtt://three.example:1883"
    order = ["one.example", "two.example", "three.example"]
    assert net.dialled == order + order
    assert link.counters.failed_attempts == 5
    assert recorder.ups[0].connection == 6, "an attempt's number is not used again"


def test_after_a_loss_the_next_broker(net: Net, make: Make) -> None:
    recorder = Recorder()
    make(recorder, TWO).start()
    for count in range(1, 5):
        peer = net.accept()
        peer.welcome()
        recorder.until_up(count)
        peer.close()
        recorder.until_down(count)
    assert net.dialled[:4] == ["one.example", "two.example"] * 2


def test_drop_closes_at_once_and_tries_the_next_broker_without_a_pause(
    net: Net, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FIRST_S", 3600.0)
    recorder = Recorder()
    clock = HurriedClock()
    link = make(recorder, TWO, clock=clock)
    link.start()
    for count in range(1, 4):
        peer = net.accept()
        peer.welcome()
        recorder.until_up(count)
        clock.ahead_s += 3.0
        link.drop("no answer to a press")
        assert link.connection is None
        with pytest.raises(NotConnectedError):
            link.publish("t", b"x")
        peer.expect_end()
    assert recorder.until_down(3) == "no answer to a press"
    assert recorder.downs[0] == (1, "no answer to a press")
    net.accept()
    assert net.dialled == ["one.example", "two.example"] * 2
    assert link.counters.drops == 3


def test_the_first_broker_is_returned_to_in_order_once_it_answers(
    net: Net, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [False, True]
    looked: Queue[str] = Queue()

    def look(broker: BrokerAddress) -> bool:
        looked.put(str(broker))
        return answers.pop(0)

    monkeypatch.setattr("runtime.mqtt.link.answers_at", look)
    net.refuse = {"one.example": "connection refused"}
    recorder = Recorder()
    link = make(recorder, TWO)
    link.start()
    second = net.accept()
    second.welcome()
    recorder.until_up()
    assert not link.on_first
    net.refuse = {}
    link.return_to_first()
    assert looked.get(timeout=TIMEOUT_S) == ONE[0]
    wait_until(lambda: "mqtt-look" not in [each.name for each in threads()], "the look's end")
    assert link.connection is not None, "it does not answer yet, so the connection stays"
    link.return_to_first()
    second.expect(DISCONNECT)
    second.close()
    net.accept().welcome()
    recorder.until_up(2)
    assert link.on_first
    assert net.dialled[-1] == "one.example"
    assert recorder.until_down() == "the first broker answers again"


def test_on_the_first_broker_nobody_looks_for_it(
    net: Net, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.mqtt.link.answers_at", lambda broker: _fail())
    recorder = Recorder()
    link = make(recorder, TWO)
    link.start()
    net.accept().welcome()
    recorder.until_up()
    link.return_to_first()
    assert not [each for each in threads() if each.name == "mqtt-look"]


def test_a_handler_that_drops_at_once_makes_no_storm(
    net: Net, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FIRST_S", 3600.0)
    pausing = Event()
    recorder = Recorder()
    link = make(recorder, TWO, beat=lambda: pausing.set() if recorder.downs else None)
    recorder.on["on_up"] = lambda: link.drop("a bug of the caller's")
    link.start()
    peer = net.accept()
    peer.welcome()
    peer.expect_end()
    assert pausing.wait(TIMEOUT_S)
    assert net.dialled == ["one.example"]
    link.drop("a press")
    net.accept()


def test_drop_cuts_a_pause_short(net: Net, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    pausing = Event()
    monkeypatch.setattr(backoff, "FIRST_S", 3600.0)
    net.refuse = {"one.example": "connection refused"}
    recorder = Recorder()
    link = make(recorder, TWO, beat=lambda: pausing.set() if net.dialled else None)
    link.start()
    assert pausing.wait(TIMEOUT_S)
    link.drop("a press")
    net.accept().welcome()
    assert recorder.until_up().broker == "mqtt://two.example:1883"


def test_hurry_cuts_a_pause_short_and_leaves_an_attempt_alone(
    net: Net, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    pausing = Event()
    monkeypatch.setattr(backoff, "FIRST_S", 3600.0)
    net.refuse = {"one.example": "connection refused"}
    recorder = Recorder()
    link = make(recorder, TWO, beat=lambda: pausing.set() if net.dialled else None)
    link.start()
    assert pausing.wait(TIMEOUT_S)
    link.hurry()
    server = net.accept()
    link.hurry()
    server.welcome()
    assert recorder.until_up().broker == "mqtt://two.example:1883"


def test_drop_gives_an_attempt_up(
    net: Net, make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    dialling = Event()
    straight = net.dial

    def hang(host: str, endpoints: Any, attempt: Any, **how: Any) -> socket.socket:
        if host == "one.example":
            dialling.set()
            attempt.wait_until(lambda: False)
        return straight(host)

    monkeypatch.setattr(connector, "dial", hang)
    recorder = Recorder()
    link = make(recorder, TWO)
    link.start()
    assert dialling.wait(TIMEOUT_S)
    link.drop("a press")
    net.accept().welcome()
    assert recorder.until_up().broker == "mqtt://two.example:1883"
    assert _events(caplog)[0] == _failed(ONE[0], "a press")


def test_drop_in_the_last_moment_of_an_attempt(
    net: Net, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the end of the attempt and the session there is nobody whom it could miss."""
    recorder = Recorder()
    links: list[Link] = []
    straight = net.dial

    def dial(host: str, *_: Any, **__: Any) -> socket.socket:
        sock = straight(host)
        if host == "one.example":
            links[0].drop("a press")
        return sock

    monkeypatch.setattr(connector, "dial", dial)
    links.append(make(recorder, TWO))
    links[0].start()
    net.accept().expect_end()
    net.accept().welcome()
    assert recorder.until_up().broker == "mqtt://two.example:1883"


def test_a_failure_is_logged_when_it_is_news(
    net: Net, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    net.refuse = {"one.example": "connection refused"}
    recorder = Recorder()
    make(recorder, TWO).start()
    for _ in range(3):
        peer = net.accept()
        peer.expect(CONNECT)
        peer.connack(code=0x87)
    net.refuse = {}
    net.accept().welcome()
    recorder.until_up()
    assert _events(caplog) == [
        _failed(TWO[0], "connection refused"),
        _failed(TWO[1], "the broker refused: not authorized (0x87)"),
        ("mqtt_up", {"broker": TWO[0], "connection": 7, "session_present": False}),
    ]


def test_after_a_connection_the_same_failure_is_news(
    net: Net, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    net.refuse = {"one.example": "connection refused"}
    recorder = Recorder()
    make(recorder, TWO).start()
    for count in (1, 2, 3):
        peer = net.accept()
        peer.welcome()
        recorder.until_up(count)
        peer.close()
    assert _events(caplog).count(_failed(ONE[0], "connection refused")) == 3


def test_the_loss_of_a_connection_is_logged_with_its_reason(
    net: Net, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    recorder = Recorder()
    make(recorder).start()
    peer = net.accept()
    peer.welcome()
    peer.disconnect(0x8E)
    recorder.until_down()
    reason = "the broker disconnected: session taken over (0x8E)"
    assert _events(caplog)[1] == (
        "mqtt_down",
        {"broker": ONE[0], "connection": 1, "reason": reason},
    )


def test_an_acknowledgement_of_an_old_connection_is_not_sent(net: Net, make: Make) -> None:
    recorder = Recorder()
    link = make(recorder)
    link.start()
    peer = net.accept()
    peer.welcome()
    peer.publish("a/1", b"first", 1)
    old = recorder.until_message(1)
    peer.close()
    peer = net.accept()
    peer.welcome(present=True)
    peer.publish("a/1", b"another, under the same packet id", 1)
    new = recorder.until_message(2)
    assert not link.acknowledge(old)
    assert link.acknowledge(new)
    assert not link.acknowledge(new)
    link.publish("t", b"what follows shows that there was one PUBACK")
    assert peer.expect(PUBACK).id == 1
    peer.expect(PUBLISH)


def test_a_message_of_qos_0_needs_no_acknowledgement(net: Net, make: Make) -> None:
    recorder = Recorder()
    link = make(recorder)
    link.start()
    peer = net.accept()
    peer.welcome()
    peer.publish("a/1", b"x", 0)
    assert link.acknowledge(recorder.until_message())
    link.publish("t", b"x")
    peer.expect(PUBLISH)


@pytest.mark.parametrize("name", ["on_up", "on_message", "on_puback", "on_down"])
def test_a_callback_that_fails_is_survived(net: Net, make: Make, name: str) -> None:
    recorder = Recorder(on={name: _fail})
    link = make(recorder)
    link.start()
    for count in (1, 2):
        peer = net.accept()
        peer.welcome()
        recorder.until_up(count)
        packet = link.publish("t", b"x")
        peer.expect(PUBLISH)
        peer.puback(packet)
        peer.publish("a/1", b"x", 1)
        recorder.until_message(count)
        assert link.acknowledge(recorder.messages[-1]), "the caller may still do so"
        peer.close()
        recorder.until_down(count)
    recorder.until(lambda: link.counters.callback_failures == 2, "two failures")
    assert recorder.order == ["on_up", "on_puback", "on_message", "on_down"] * 2
    assert link.counters.loop_failures == 0


def test_a_handler_that_fails_on_half_a_window_gets_a_new_connection(net: Net, make: Make) -> None:
    """Else the broker would, with the window full, send nothing for ever and nobody would know."""
    recorder = Recorder(on={"on_message": _fail})
    link = make(recorder, receive_maximum=4)
    link.start()
    peer = net.accept()
    peer.welcome()
    for packet in (1, 2, 3):
        peer.publish("a/1", b"x", packet)
    assert recorder.until_down() == "the handler failed on half a window of messages"
    peer.expect_end()
    net.accept().welcome()
    recorder.until_up(2)


def test_a_will_that_fails_does_not_prevent_the_connection(net: Net, make: Make) -> None:
    recorder = Recorder()

    def will(number: int) -> Will:
        raise LookupError(number)

    link = make(recorder, will=will)
    link.start()
    net.accept().welcome()
    recorder.until_up()
    assert link.counters.callback_failures == 1


def test_the_will_carries_the_number_of_its_connection(net: Net, make: Make) -> None:
    recorder = Recorder()
    make(recorder, will=lambda number: Will("s", b"lost %d" % number, retain=True)).start()
    for number in (1, 2):
        peer = net.accept()
        assert peer.expect(CONNECT).body.endswith(b"lost %d" % number)
        peer.close()


def test_a_bug_of_our_own_ends_the_connection_and_not_the_thread(
    net: Net, make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder()
    broken = [ZeroDivisionError("ours"), ZeroDivisionError("ours")]
    straight = net.dial

    def dial(host: str, *_: Any, **__: Any) -> socket.socket:
        if broken:
            raise broken.pop()
        return straight(host)

    monkeypatch.setattr(connector, "dial", dial)
    link = make(recorder)
    link.start()
    net.accept().welcome()
    recorder.until_up()
    assert link.counters.loop_failures == 2
    assert "ZeroDivisionError" in caplog.text


def test_stop_takes_leave_and_leaves_nothing(net: Net, make: Make) -> None:
    recorder = Recorder()
    link = make(recorder)
    link.start()
    peer = net.accept()
    peer.welcome()
    recorder.until_up()
    seen: list[int] = []

    def broker() -> None:
        while (packet := peer.read()) is not None:
            seen.append(packet.kind)
        peer.close()

    reader = Thread(target=broker)
    reader.start()
    for _ in range(3):
        link.publish("t", b"x")
    link.stop()
    reader.join()
    assert seen == [PUBLISH, PUBLISH, PUBLISH, DISCONNECT]
    assert recorder.downs == [(1, "stopped")]
    with pytest.raises(NotConnectedError):
        link.publish("t", b"x")
    link.drop("after the end")
    link.stop()


def test_stop_in_a_callback(net: Net, make: Make) -> None:
    recorder = Recorder()
    link = make(recorder)
    recorder.on["on_up"] = link.stop
    link.start()
    peer = net.accept()
    peer.welcome()
    peer.expect(DISCONNECT)
    peer.close()
    assert recorder.until_down() == "stopped"


def test_stop_gives_an_attempt_up_and_logs_no_failure(
    net: Net, make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    dialling = Event()

    def hang(host: str, endpoints: Any, attempt: Any, **how: Any) -> socket.socket:
        dialling.set()
        attempt.wait_until(lambda: False)
        raise AttemptInterruptedError

    monkeypatch.setattr(connector, "dial", hang)
    link = make(Recorder())
    link.start()
    assert dialling.wait(TIMEOUT_S)
    link.stop()
    assert not caplog.records
    assert link.counters.failed_attempts == 0


def test_a_handler_that_blocks_does_not_block_stop_for_ever(
    net: Net, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    release = Event()
    recorder = Recorder(on={"on_up": lambda: release.wait(TIMEOUT_S)})
    link = make(recorder)
    link.start()
    net.accept().welcome()
    recorder.until_up()
    link.stop(0.05)
    assert _events(caplog)[-1] == ("mqtt_stop_timed_out", {"timeout_s": 0.05})
    release.set()


def test_a_caller_may_hold_its_own_lock_while_it_publishes(net: Net, make: Make) -> None:
    """Paho holds a lock while it reports a PUBACK; two such locks in two orders are a deadlock."""
    lock = Lock()
    recorder = Recorder()

    def take_lock() -> None:
        with lock:
            assert current_thread().name.startswith("mqtt-")

    recorder.on["on_puback"] = take_lock
    link = make(recorder)
    link.start()
    peer = net.accept()
    peer.welcome()
    recorder.until_up()
    total = 300

    def answer() -> None:
        for _ in range(total):
            peer.puback(peer.expect(PUBLISH).id)

    broker = Thread(target=answer)
    broker.start()
    for _ in range(total):
        with lock:
            link.publish("t", b"x")
    recorder.until_puback(total)
    broker.join()


def test_the_watchdog_hears_of_each_round(net: Net, make: Make) -> None:
    beats: list[str] = []
    recorder = Recorder()
    make(recorder, beat=lambda: beats.append(current_thread().name)).start()
    peer = net.accept()
    peer.welcome()
    recorder.until_up()
    before = len(beats)
    peer.publish("a/1", b"x", 1)
    recorder.until_message()
    recorder.until(lambda: len(beats) > before, "a beat")
    assert set(beats) == {"mqtt-tracker-1"}


def _failed(broker: str, reason: str) -> tuple[str, dict[str, object]]:
    return "mqtt_attempt_failed", {"broker": broker, "reason": reason}


def _events(caplog: pytest.LogCaptureFixture) -> list[tuple[str, dict[str, object]]]:
    return [(each.message, getattr(each, "fields", {})) for each in caplog.records]
