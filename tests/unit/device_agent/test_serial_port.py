import errno
import os
import termios
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

import pytest
from serial import Serial

from device_agent.baud import BaudSearch
from device_agent.events import Event, Heard, PortState
from device_agent.nmea.dates import Instant
from device_agent.nmea.reader import Epoch
from device_agent.serial_port import GATHERED_BYTES, Port
from runtime.clock import SystemClock
from runtime.lifecycle import Stopping


class LineReader:
    """Makes an epoch of every line, named by its text; tells of the stream's end."""

    def __init__(self) -> None:
        self._rest = b""
        self.ticks = 0
        self.sentences = 0

    def feed(self, data: bytes, now: Instant) -> list[Epoch]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.sentences += len(lines)
        return [Epoch(state="no_fix", tod=line.decode()) for line in lines]

    def tick(self, now: Instant) -> list[Epoch]:
        self.ticks += 1
        return []

    def end(self, now: Instant) -> list[Epoch]:
        self._rest = b""
        return [Epoch(state="no_data")]


class Bench:
    """A port on a pseudo-terminal whose path can change hands."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "gps"
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.reader = LineReader()
        self.stopping = Stopping()
        self.beats = 0
        self.port = Port(
            self.path,
            BaudSearch(9600, None),
            self.reader,
            self.events.put,
            clock=SystemClock(),
            stopping=self.stopping,
            beat=self._beat,
            remember=self._remember,
        )
        self.remembered: SimpleQueue[int] = SimpleQueue()
        self.thread = Thread(target=self.port.run)
        self.master = -1

    def _beat(self) -> None:
        self.beats += 1

    def _remember(self, rate: int) -> None:
        self.remembered.put(rate)

    def speed(self) -> int:
        """Return the speed that the port is set to."""
        return int(termios.tcgetattr(self.master)[5])

    def plug_in(self) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(slave))
        self.slave = slave

    def unplug(self) -> None:
        os.close(self.slave)
        os.close(self.master)
        self.path.unlink()

    def wait_for(self, wanted: Callable[[Event], bool]) -> Event:
        try:
            while not wanted(event := self.events.get(timeout=4)):
                pass
        except Empty:
            pytest.fail("the event never came")
        return event

    def opened(self) -> None:
        """Wait until the port is open: what came before is thrown away."""
        self.wait_for(lambda event: event == PortState(open=True))

    def hear(self, text: str) -> None:
        os.write(self.master, text.encode() + b"\n")
        self.wait_for(lambda event: isinstance(event, Heard) and event.epoch.tod == text)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.stopping.stop("test")
    if made.thread.ident is not None:
        made.thread.join(3)
    assert not made.thread.is_alive()


def test_what_the_receiver_says_becomes_epochs(bench: Bench) -> None:
    bench.plug_in()
    bench.thread.start()
    bench.opened()
    bench.hear("first")
    bench.hear("second")
    assert bench.beats > 0


def test_a_port_that_is_not_there_is_told_once_and_opened_when_it_comes(bench: Bench) -> None:
    bench.thread.start()
    bench.wait_for(lambda event: event == PortState(open=False))
    bench.plug_in()
    event = bench.wait_for(lambda event: isinstance(event, PortState))
    assert event == PortState(open=True)
    bench.hear("here")
    assert bench.reader.ticks > 0, "time went on for the reader while the port was away"


def test_a_receiver_that_is_unplugged_ends_the_stream_and_may_come_back(bench: Bench) -> None:
    bench.plug_in()
    bench.thread.start()
    bench.opened()
    bench.hear("before")
    bench.unplug()
    bench.wait_for(lambda event: event == PortState(open=False))
    bench.wait_for(lambda event: isinstance(event, Heard) and event.epoch.state == "no_data")
    bench.plug_in()
    bench.opened()
    bench.hear("after")


def test_a_path_that_is_no_serial_port_is_told_and_tried_again(bench: Bench) -> None:
    bench.path.write_text("a file")
    bench.thread.start()
    bench.wait_for(lambda event: event == PortState(open=False))
    bench.path.unlink()
    bench.plug_in()
    bench.opened()
    bench.hear("here")


def test_two_agents_cannot_share_a_port(bench: Bench, tmp_path: Path) -> None:
    bench.plug_in()
    bench.thread.start()
    bench.opened()
    other = Bench(tmp_path)
    other.thread.start()
    assert other.events.get(timeout=4) == PortState(open=False)
    other.stopping.stop("test")
    other.thread.join(3)


def test_a_control_line_of_a_closed_port_is_an_error(bench: Bench) -> None:
    with pytest.raises(OSError, match="not open"):
        bench.port.line("cts")


def test_a_pseudo_terminal_has_no_control_lines(bench: Bench) -> None:
    bench.plug_in()
    bench.thread.start()
    bench.opened()
    with pytest.raises(OSError, match=r".") as caught:
        bench.port.line("cts")
    assert caught.value.errno in (errno.ENOTTY, errno.EINVAL)


def test_a_receiver_at_another_speed_is_found_and_kept(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It talks at 38400 baud; at any other speed what comes is noise without a line."""
    monkeypatch.setattr("device_agent.baud.TRY_S", 0.1)
    bench.plug_in()
    bench.thread.start()
    bench.opened()
    tried = set()
    while bench.remembered.empty():
        speed = bench.speed()
        tried.add(speed)
        os.write(bench.master, b"fix\n" if speed == termios.B38400 else b"~~~")
        bench.stopping.wait(0.01)
    assert bench.remembered.get() == 38400
    assert {termios.B9600, termios.B115200, termios.B38400} <= tried
    bench.hear("more")
    assert bench.speed() == termios.B38400


def test_a_port_that_another_program_has_says_who_it_may_be(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.plug_in()
    with Serial(str(bench.path), exclusive=True):
        bench.thread.start()
        bench.wait_for(lambda event: event == PortState(open=False))
    bench.opened()
    assert any("ModemManager" in str(vars(record)) for record in caplog.records)


class CountingReader(LineReader):
    """Notes how many bytes came at once."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def feed(self, data: bytes, now: Instant) -> list[Epoch]:
        self.sizes.append(len(data))
        return super().feed(data, now)


def test_bytes_that_come_one_by_one_are_read_together_and_none_is_lost(bench: Bench) -> None:
    reader = bench.port._reader = CountingReader()
    bench.plug_in()
    bench.thread.start()
    bench.opened()
    for byte in b"one by one\n":
        os.write(bench.master, bytes([byte]))
    bench.wait_for(lambda event: isinstance(event, Heard) and event.epoch.tod == "one by one")
    assert sum(reader.sizes) == len(b"one by one\n")
    assert len(reader.sizes) < 5


def test_a_port_full_of_bytes_is_read_without_waiting_for_more(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.serial_port.GATHER_S", 60.0)
    bench.plug_in()
    bench.thread.start()
    bench.opened()
    bench.hear("x" * GATHERED_BYTES)
