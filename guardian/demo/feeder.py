"""A GPS receiver made of a pseudo-terminal and a recording."""

import os
import termios
import tty
from threading import Event, Thread

from guardian.demo.playback import Recording, epoch_at
from runtime.clock import Clock

SECOND_MS = 1000


class Receiver:
    """Writes one epoch a second to a pseudo-terminal; `port` is what an agent opens."""

    def __init__(self, recording: Recording, clock: Clock, *, offset: int = 0) -> None:
        """Take the recording and by how many seconds this receiver is ahead in it."""
        self._recording = recording
        self._clock = clock
        self._offset = offset
        self._stop = Event()
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs, termios.TCSANOW)
        os.set_blocking(self._ours, False)
        self.port = os.ttyname(self._theirs)
        self._thread = Thread(target=self._run, name="receiver", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Unplug it."""
        self._stop.set()
        self._thread.join()
        os.close(self._ours)
        os.close(self._theirs)

    def _run(self) -> None:
        while not self._stop.is_set():
            now = self._clock.now_ms()
            self._send(epoch_at(self._recording, now, offset=self._offset))
            self._stop.wait((SECOND_MS - self._clock.now_ms() % SECOND_MS) / SECOND_MS)

    def _send(self, data: bytes) -> None:
        try:
            os.write(self._ours, data)
        except BlockingIOError:
            # Nobody reads: a real receiver's bytes are lost just so.
            termios.tcflush(self._theirs, termios.TCIFLUSH)
