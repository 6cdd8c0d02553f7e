"""The serial port: opened, read, and opened again whenever it is gone. One thread's, except `line`.

A name under /dev/serial/by-id stays the same when the receiver is plugged in elsewhere.
Nothing is ever written to the receiver.
"""

import errno
import select
import termios
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import Literal, Protocol

from serial import Serial

from device_agent.baud import BaudSearch
from device_agent.events import Event, Heard, PortState
from device_agent.nmea.dates import Instant
from device_agent.nmea.reader import Epoch
from runtime import logs
from runtime.clock import Clock
from runtime.lifecycle import Stopping

READ_S = 0.15
"""How long a read waits: twice, and the reader's quiet gap (0.25 s) is over; longer than the pause
of a receiver at 10 Hz, which needs no word of it."""
GATHER_S = 0.05
"""Bytes come one by one, and each waking costs what an epoch costs to read; so what comes in a
twentieth of a second is read at once. A fix may be so much later.
"""
GATHERED_BYTES = 1024
"""So much is read without waiting for more: the kernel keeps 4 KiB, 44 ms at 921,600 baud."""
REOPEN_FIRST_S = 0.2
REOPEN_MAX_S = 5.0
"""A receiver that is plugged in again is back in the time it takes to find its satellites."""

ControlLine = Literal["cts", "dsr", "ri"]

_log = logs.get(__name__)


class Reader(Protocol):
    """What makes epochs of bytes; see `device_agent.nmea.reader.NmeaReader`."""

    sentences: int
    """How many sentences with a right checksum have come."""

    def feed(self, data: bytes, now: Instant) -> list[Epoch]:
        """Take bytes."""

    def tick(self, now: Instant) -> list[Epoch]:
        """Let time pass."""

    def end(self, now: Instant) -> list[Epoch]:
        """Take the end of the stream."""


class Port:
    """The receiver's serial port."""

    def __init__(
        self,
        path: Path,
        baud: BaudSearch,
        reader: Reader,
        post: Callable[[Event], None],
        *,
        clock: Clock,
        stopping: Stopping,
        remember: Callable[[int], None],
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Take `remember`, which keeps a rate that was found; OSError means that it could not."""
        self._remember = remember
        self._path = path
        self._baud = baud
        self._reader = reader
        self._post = post
        self._clock = clock
        self._stopping = stopping
        self._beat = beat
        self._serial: Serial | None = None
        self._serial_lock = Lock()
        self._open: bool | None = None

    def run(self) -> None:
        """Read until the process ends."""
        pause_s = REOPEN_FIRST_S
        while not self._stopping.is_set():
            try:
                with closing(self._opened()) as serial:
                    pause_s = REOPEN_FIRST_S
                    self._read(serial)
            except (OSError, termios.error) as error:  # pyserial lets all of them out
                self._note(is_open=False, reason=_reason(error))
                self._tell(self._reader.end(self._now()))
            finally:
                with self._serial_lock:
                    self._serial = None
            self._pass_time(pause_s)
            pause_s = min(pause_s * 2, REOPEN_MAX_S)

    def line(self, name: ControlLine) -> bool:
        """Return a control line's state; any thread may ask.

        Raises:
            OSError: the port is closed, or has no such lines (ENOTTY).
        """
        with self._serial_lock:
            if self._serial is None:
                raise OSError(f"{self._path} is not open")
            return bool(getattr(self._serial, name))

    def _opened(self) -> Serial:
        rate = self._baud.begin(self._clock.monotonic())
        serial = Serial(str(self._path), rate, timeout=READ_S, exclusive=True)
        with self._serial_lock:
            self._serial = serial
        self._note(is_open=True)
        return serial

    def _read(self, serial: Serial) -> None:
        while not self._stopping.is_set():
            self._beat()
            before = self._reader.sentences
            data = self._gathered(serial)
            now = self._now()
            self._tell(self._reader.feed(data, now) if data else self._reader.tick(now))
            self._search(serial, self._reader.sentences - before, len(data))

    def _gathered(self, serial: Serial) -> bytes:
        """Return what comes within GATHER_S of the first byte; nothing after READ_S of silence.

        Raises:
            OSError: the port is gone.
        """
        if not select.select([serial], [], [], READ_S)[0]:
            return b""
        if serial.in_waiting < GATHERED_BYTES:
            self._stopping.wait(GATHER_S)
        return serial.read(serial.in_waiting or 1)  # pyserial tells a port that is gone by reading

    def _search(self, serial: Serial, sentences: int, noise: int) -> None:
        """Try another rate while none has been right."""
        was_locked = self._baud.locked
        rate = self._baud.heard(sentences=sentences, noise=noise, now=self._clock.monotonic())
        if rate is not None:
            _log.debug("baud_tried", baud=rate)
            self._set_rate(serial, rate)
        elif self._baud.locked and not was_locked:
            _log.info("baud_found", baud=serial.baudrate)
            try:
                self._remember(serial.baudrate)
            except OSError as error:
                _log.warning("baud_not_kept", reason=str(error))

    def _set_rate(self, serial: Serial, rate: int) -> None:
        try:
            serial.baudrate = rate
        except ValueError:  # pyserial's word for a rate that this port does not know
            _log.info("baud_unknown_here", baud=rate)

    def _pass_time(self, seconds: float) -> None:
        """Wait with the reader's clock running, so that silence is noticed."""
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0:
            self._beat()
            if self._stopping.wait(min(left, READ_S)):
                return
            self._tell(self._reader.tick(self._now()))

    def _tell(self, epochs: Iterable[Epoch]) -> None:
        now = self._clock.monotonic()
        for epoch in epochs:
            self._post(Heard(epoch, now))

    def _note(self, *, is_open: bool, reason: str = "") -> None:
        if is_open != self._open:
            self._open = is_open
            self._post(PortState(is_open))
            if is_open:
                _log.info("port_open", port=str(self._path))
            else:
                _log.warning("port_closed", port=str(self._path), reason=reason)

    def _now(self) -> Instant:
        return Instant(self._clock.monotonic(), self._clock.now_ms())


def _reason(error: OSError | termios.error) -> str:
    """Return what the system says, and who usually has a port that is busy."""
    text = str(error)
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK) or "exclusively" in text:
        return f"{text} - another program has the port; often ModemManager or gpsd"
    return text
