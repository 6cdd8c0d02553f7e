"""Panics that come as text through a gateway (SMS, mesh): read, and taken as any other."""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from contract import panic_text
from contract.errors import DecodeError, InvalidIdError
from contract.ids import parse_device
from contract.messages import Receipt
from contract.panic_text import PanicText
from contract.salvage import PanicReading, Place, read_panic
from dispatcher.desk import Desk
from dispatcher.inbox import UNKNOWN_DEVICE
from dispatcher.panic import Panic
from runtime import logs
from runtime.clock import Clock

_NAMED: Final = re.compile(rf"(?<!\S){panic_text.MARKER}\s+(\S{{1,63}})", re.IGNORECASE)
"""Where the device stands in a text whose rest may be damaged."""

_log = logs.get(__name__)


class TextPanic(msgspec.Struct, frozen=True, kw_only=True):
    """A panic as text; `device` is the tracker that the sender's number belongs to, if known.

    It counts only where the text does not say so itself.
    """

    text: str
    device: str | None = None


class Gateway:
    """Takes texts on any thread; what cannot be committed alerts from memory and is kept.

    `alert` gives an alert from memory, `keep` commits as soon as the database does.
    """

    def __init__(
        self,
        desk: Desk,
        clock: Clock,
        *,
        alert: Callable[[Panic], object] = lambda _panic: None,
        keep: Callable[[Panic], object] = lambda _panic: None,
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._alert = alert
        self._keep = keep

    def take(self, body: bytes) -> Receipt:
        """Commit what a gateway has sent, and return what the tracker is to be told.

        Raises:
            StoreUnavailableError: it is not committed; the alert is out, the gateway repeats.
        """
        panic = read(body, self._clock.now_ms(), self._clock.monotonic())
        if self._desk.alarm.is_down:
            self._alert(panic)  # before an attempt that may take seconds
        try:
            return self._desk.take(panic)
        except Exception as error:
            _log.error("text_not_committed", device=panic.device, error=type(error).__name__)
            self._alert(panic)
            self._keep(panic)
            raise


def read(body: bytes, arrived_at: int, arrived_s: float | None = None) -> Panic:
    """Read a gateway's body: a TextPanic, or the text as it is; no bytes make it raise."""
    try:
        given = msgspec.json.decode(body, type=TextPanic)
    except (msgspec.MsgspecError, ValueError):  # whatever it is, it may hold a panic
        given = TextPanic(text=body.decode("utf-8", "replace"))
    payload = given.text.encode("utf-8", "replace")
    try:
        text = panic_text.from_text(given.text)
    except DecodeError as error:
        _log.warning("text_unreadable", reason=str(error))
        device, reading = _device(given), read_panic(payload)
    else:
        device, reading = text.device, _reading(text, arrived_at)
    return Panic(device, payload, reading, arrived_at, arrived_s)


def _reading(text: PanicText, arrived_at: int) -> PanicReading:
    """Return what a text says as a tracker's own panic would; ages become times by our clock."""
    age_ms = None if text.age_s is None else text.age_s * 1000
    place = None
    if text.lat is not None and text.lon is not None:
        fixed_at = None if text.fix_age_s is None else arrived_at - text.fix_age_s * 1000
        place = Place(lat=text.lat, lon=text.lon, time=fixed_at)
    return PanicReading(
        panic_id=text.panic_id,
        update=text.update,
        pressed_at=None if age_ms is None else arrived_at - age_ms,
        age_ms=age_ms,
        kind=text.kind,
        silent=text.silent,
        place=place,
    )


def _device(given: TextPanic) -> str:
    """Return whose unreadable text it is, by the gateway's word or by what is left of it."""
    found = _NAMED.search(given.text)
    for name in (given.device, found[1] if found else None):
        try:
            return parse_device((name or "").lower())
        except InvalidIdError:
            continue
    return UNKNOWN_DEVICE
