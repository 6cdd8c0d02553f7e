"""A panic that nobody has received, as a text for another way out: an SMS modem, a mesh radio."""

from contract import panic_text
from device_agent.events import TextGiven
from device_agent.interfaces import TextPort
from device_agent.moment import Moment
from device_agent.panic import Panics

FIRST_S = 30.0
"""Three brokers can have been tried by then."""
AGAIN_S = 300.0
"""With the newest place, while nobody has received it: a text costs money, and somebody waits."""
RETRY_S = 30.0
"""After a program that failed: a modem needs so long to find its network."""


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
        if self._program is None or self._busy:
            return
        waiting = [press for press in panics.all() if press.row.stage is None]
        ids = {press.row.panic_id for press in waiting}
        self._next = {each: at for each, at in self._next.items() if each in ids}
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
