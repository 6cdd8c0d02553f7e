"""A panic that nobody has received, as a text for another way out: an SMS modem, a mesh radio."""

import subprocess
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from contract import panic_text
from device_agent.events import Event, TextGiven
from device_agent.interfaces import TextPort
from device_agent.moment import Moment
from device_agent.panic import Panics
from runtime import logs
from runtime.lifecycle import Stopping

FIRST_S = 30.0
"""Three brokers can have been tried by then."""
AGAIN_S = 300.0
"""With the newest place, while nobody has received it: a text costs money, and somebody waits."""
RETRY_S = 30.0
"""After a program that failed: a modem needs so long to find its network."""
PROGRAM_TIMEOUT_S = 120.0
"""A modem that has to register first takes a minute."""
BEAT_S = 1.0

_log = logs.get(__name__)


class Fallback:
    """Which press is given away as a text, and when."""

    def __init__(self, device: str, program: TextPort | None) -> None:
        """Take who this is, and the program; None: there is no other way out."""
        self._device = device
        self._program = program
        self._next: dict[str, float] = {}
        self._busy = False

    def step(self, panics: Panics, moment: Moment) -> None:
        """Give away the newest press that has waited long enough without *received*."""
        waiting = [press for press in panics.all() if press.row.stage is None]
        ids = {press.row.panic_id for press in waiting}
        self._next = {each: at for each, at in self._next.items() if each in ids}
        if self._program is None or self._busy:
            return
        for press in reversed(waiting):
            if moment.now >= self._next.get(press.row.panic_id, press.known_since + FIRST_S):
                self._busy = True
                panic = panics.message(press, moment)
                self._program.give(
                    panic.panic_id, panic_text.to_text(self._device, panic, panic.age_ms)
                )
                return

    def given(self, event: TextGiven, now: float) -> None:
        """Note how it went."""
        self._busy = False
        self._next[event.panic_id] = now + (AGAIN_S if event.ok else RETRY_S)


class TextProgram:
    """Runs the program, with the text on its standard input; one thread's."""

    def __init__(
        self,
        command: Sequence[str],
        post: Callable[[Event], None],
        *,
        stopping: Stopping,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._command = tuple(command)
        self._post = post
        self._stopping = stopping
        self._beat = beat
        self._texts: SimpleQueue[tuple[str, str]] = SimpleQueue()

    def give(self, panic_id: str, text: str) -> None:
        """Hand the text to the program; `TextGiven` says how it went. Any thread may call."""
        self._texts.put((panic_id, text))

    def run(self) -> None:
        """Run the program for each text until the process ends."""
        while not self._stopping.is_set():
            self._beat()
            try:
                panic_id, text = self._texts.get(timeout=BEAT_S)
            except Empty:
                continue
            self._post(TextGiven(panic_id, ok=self._run(text)))

    def _run(self, text: str) -> bool:
        try:
            subprocess.run(  # noqa: S603 - the owner of the settings names the program
                self._command,
                input=text.encode() + b"\n",
                timeout=PROGRAM_TIMEOUT_S,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            _log.error("fallback_failed", reason=str(error))
            return False
        _log.info("fallback_given", characters=len(text))
        return True
