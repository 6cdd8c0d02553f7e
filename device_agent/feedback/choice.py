"""Which signal the holder gets: how far the press has come, or nothing at all.

A silent panic makes none, ever, and after any cancel there is none either (promise 10): whoever
stands beside the holder learns nothing.
"""

from collections.abc import Iterable
from typing import Literal

from contract.messages import Stage
from device_agent.press import Press, must_be_still

Signal = Literal["sent", "received", "seen", "closed", "failing"]

FAILING_AFTER_S = 10.0
"""A working path answers within a second; the holder is to know that they may have to shout."""

_OF_STAGE: dict[Stage | None, Signal] = {
    None: "sent",
    "received": "received",
    "presented": "received",  # on a screen, but nobody has said that they see it
    "acknowledged": "seen",
    "dispatched": "seen",
    "on_scene": "seen",
    "reopened": "received",
    "closed": "closed",
}


class Signals:
    """The signal of the press that is followed."""

    def __init__(self) -> None:
        self._followed: set[str] = set()

    def choose(self, presses: Iterable[Press], now: float) -> Signal | None:
        """Return what the holder is to notice now; None: nothing."""
        there = list(presses)
        if must_be_still(there):
            return None
        leading = next((press for press in reversed(there) if press.leads), None)
        if leading is None or leading.hushed:
            return None
        if leading.state != "ended":
            self._followed.add(leading.row.panic_id)
        elif leading.row.panic_id not in self._followed:
            return None  # closed before this start of the agent: no news
        return self._of(leading, now)

    def _of(self, press: Press, now: float) -> Signal | None:
        signal = _OF_STAGE[press.row.stage]
        if signal != "sent":
            return signal
        if now - press.known_since >= FAILING_AFTER_S:
            return "failing"
        return "sent" if press.sent_update >= 0 else None
