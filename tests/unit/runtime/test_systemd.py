import os
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from runtime.clock import ManualClock
from runtime.lifecycle import Stopping
from runtime.systemd import CHECK_S, Watchdog, notify, watchdog_interval_s


class Manager:
    """Takes notifications as systemd does."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(2)

    def received(self) -> bytes:
        return self._socket.recv(4096)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def environ(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@guardian-{os.getpid()}"
    manager = Manager(name.replace("@", "\0", 1) if name.startswith("@") else name)
    managers[name] = manager
    yield {"NOTIFY_SOCKET": name}
    manager.close()


managers: dict[str, Manager] = {}


def test_systemd_is_told(environ: dict[str, str]) -> None:
    assert notify("READY=1\nSTATUS=up", environ)
    assert managers[environ["NOTIFY_SOCKET"]].received() == b"READY=1\nSTATUS=up"


@pytest.mark.parametrize("address", ["", "vsock:2:1", "/nowhere/notify"])
def test_without_systemd_nothing_happens(address: str) -> None:
    assert not notify("READY=1", {"NOTIFY_SOCKET": address})
    assert not notify("READY=1", {})


def test_the_interval_is_half_of_what_systemd_allows() -> None:
    assert watchdog_interval_s({"WATCHDOG_USEC": "30000000"}) == 15.0
    own = {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": str(os.getpid())}
    assert watchdog_interval_s(own) == 0.5


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"WATCHDOG_USEC": ""},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"},
    ],
)
def test_without_a_watchdog_there_is_no_interval(environ: dict[str, str]) -> None:
    assert watchdog_interval_s(environ) is None


class TestWatchdog:
    """Fed only while every loop goes round in its time."""

    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    @pytest.fixture
    def sent(self) -> list[str]:
        return []

    @pytest.fixture
    def watchdog(self, clock: ManualClock, sent: list[str]) -> Watchdog:
        return Watchdog(clock, {"network": 30.0, "work": 10.0}, send=sent.append)

    def test_a_fresh_process_is_in_time(self, watchdog: Watchdog, sent: list[str]) -> None:
        assert watchdog.feed() == []
        assert sent == ["WATCHDOG=1"]

    def test_a_late_loop_ends_the_feeding(
        self,
        watchdog: Watchdog,
        clock: ManualClock,
        sent: list[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        clock.advance(10.1)
        watchdog.beat("network")
        assert watchdog.feed() == ["work"]
        assert watchdog.feed() == ["work"]
        assert sent == []
        assert [record.getMessage() for record in caplog.records] == ["loops_late"]

    def test_a_loop_that_comes_back_is_fed_again(
        self, watchdog: Watchdog, clock: ManualClock, sent: list[str]
    ) -> None:
        clock.advance(60)
        assert watchdog.late(clock.monotonic()) == ["network", "work"]
        assert watchdog.feed() == ["network", "work"]
        watchdog.beat("network")
        watchdog.beat("work")
        assert watchdog.feed() == []
        assert sent == ["WATCHDOG=1"]

    def test_exactly_in_time_is_in_time(self, watchdog: Watchdog, clock: ManualClock) -> None:
        clock.advance(10.0)
        assert watchdog.late(clock.monotonic()) == []

    def test_an_unknown_loop_is_our_own_bug(self, watchdog: Watchdog) -> None:
        with pytest.raises(KeyError, match="wrok"):
            watchdog.beat("wrok")

    def test_it_runs_until_stopped(self, clock: ManualClock) -> None:
        stopping = Stopping()
        fed: list[str] = []

        def send(message: str) -> None:
            fed.append(message)
            if len(fed) == 3:
                stopping.stop("enough")

        watchdog = Watchdog(clock, {"work": 1.0}, send=send, interval_s=0.001)
        runner = Thread(target=watchdog.run, args=(stopping,))
        runner.start()
        runner.join(2)
        assert fed == ["WATCHDOG=1"] * 3

    def test_without_systemd_lateness_is_still_looked_at(self, clock: ManualClock) -> None:
        assert Watchdog(clock, {})._interval_s == CHECK_S
