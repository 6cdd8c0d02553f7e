"""Presses, from the first sending until the dispatcher has closed them: what is due, and when.

A press goes out at once and again (0.5 s doubling to 10 s) until a receipt covers its `update`.
From then on the newest press gets an update with the newest position, every second in the first
minute and then every 5 s (see `device_agent.pace`), until `closed`; one that no receipt covers yet
is not followed by another within 5 s, as a slow link would only fill up.
Everything here is fed with data and monotonic seconds (`now`); nothing sends, stores or waits.
"""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from contract.ids import uuid7
from contract.limits import (
    PANIC_DISK_WAIT_S,
    PANIC_RESEND_FIRST_S,
    PANIC_RESEND_JITTER,
    PANIC_RESEND_MAX_S,
    UNREADABLE_RESEND_S,
)
from contract.messages import CancelCode, Location, Panic, PanicKind, Receipt
from device_agent.moment import Moment
from device_agent.pace import Pace
from device_agent.press import Press, PressRow, TypedCode, must_be_still

EARLY_S = 0.25
"""An update may be so much early: a receiver's second is not ours, and half of them would wait."""
CODES_KEPT = 32
"""Codes that no receipt covers yet: with them a panic is still 3 KB. Nobody types more blindly."""
ENDED_KEPT = 16
"""Closed presses are kept for a `reopened`; older ones than these are of closed cases."""
RESTART_SKIP = 1000
"""After a restart numbers go on so far above the disk's: those that a full disk had not noted,
over an hour of them, are not used again."""


class Panics:
    """All presses that the dispatcher has not closed, and the last ones that it has."""

    def __init__(self, jitter: Callable[[], float], pace: Pace) -> None:
        """Take a source of numbers in 0..1, and how often to update."""
        self._jitter = jitter
        self._pace = pace
        self._presses: dict[str, Press] = {}
        self._disk_trusted = True

    def restore(self, rows: Iterable[PressRow], now: float) -> None:
        """Take over, oldest first, what an earlier run left on disk."""
        for row in rows:
            self._add(Press(row, None, now, skip=RESTART_SKIP, next_send=now, next_update=now))

    def press(
        self,
        kind: PanicKind,
        *,
        silent: bool,
        pressed: float,
        moment: Moment,
        location: Location | None,
        fresh: bool,
        randomness: bytes,
    ) -> Press:
        """Make a panic of a press at monotonic `pressed`; `fresh` when `location` is of now."""
        pressed = min(pressed, moment.now)
        # A board without a clock may have begun in 1970, after the press.
        pressed_at = max(0, moment.wall_ms - round((moment.now - pressed) * 1000))
        row = PressRow(
            panic_id=uuid7(pressed_at, randomness),
            kind=kind,
            silent=silent,
            pressed_at=pressed_at,
            clock=moment.source,
            location=location,
        )
        press = Press(row, pressed, pressed, next_send=moment.now)
        press.next_update = moment.now
        if fresh:
            press.placed_at = moment.now
            press.next_update += self._update_s(press, moment.now)
        self._await_disk(press, moment.now)
        self._add(press)
        return press

    def following(self) -> bool:
        """Say whether the dispatcher has not closed some press."""
        return any(press.state != "ended" for press in self.all())

    def hushed(self) -> bool:
        """Say whether the device has to be still: some open press is silent or cancelled."""
        return must_be_still(self.all())

    def wants_place(self, now: float) -> bool:
        """Say whether a position that came now would make an update."""
        return any(self._updates(press, now) for press in self._presses.values())

    def place(self, location: Location, now: float) -> list[Press]:
        """Take a position; returns the presses that carry it as a new update, to be saved."""
        updated = [press for press in self._presses.values() if self._updates(press, now)]
        for press in updated:
            every_s = self._update_s(press, now)
            on_pace = press.next_update + every_s
            press.next_update = on_pace if on_pace > now + EARLY_S else now + every_s
            press.placed_at = now
            self._renew(press, now, location=location)
        return updated

    def cancel(self, code: str, moment: Moment) -> Press | None:
        """Add what the holder typed to the press that is followed; returns it, None without one.

        What was typed makes no difference here: the dispatcher alone knows what it means.
        """
        press = self._followed()
        if press is not None and len(press.row.codes) < CODES_KEPT:
            typed = TypedCode(code=code, at=moment.wall_ms, update=self._next_update(press))
            codes = [*press.row.codes, typed]
            self._renew(press, moment.now, codes=codes, cancelled=True)
        return press

    def note(self, text: str, now: float) -> Press | None:
        """Add the holder's words to the press that is followed; returns it, None without one."""
        press = self._followed()
        if press is not None:
            self._renew(press, now, note=text)
        return press

    def saved(self, panic_id: str, update: int) -> None:
        """Note that the disk has the row."""
        press = self._presses.get(panic_id)
        if press is not None and update >= press.row.update:
            press.save_by = None

    def trust_disk(self, trusted: bool) -> None:  # noqa: FBT001 - a statement reads as one
        """While the disk is not trusted nothing waits for it."""
        self._disk_trusted = trusted
        if not trusted:
            for press in self._presses.values():
                press.save_by = None

    def disk_late(self, now: float) -> bool:
        """Say whether a row is longer on its way to the disk than a press may wait."""
        return any(press.save_by is not None and now >= press.save_by for press in self.all())

    def up(self, now: float) -> None:
        """A connection stands: what is open goes out at once."""
        self.down()
        for press in self._presses.values():
            if not press.unreadable:
                press.next_send, press.pause = now, PANIC_RESEND_FIRST_S

    def down(self) -> None:
        """The connection is gone; it owes nothing any more."""
        for press in self._presses.values():
            press.waiting_since, press.puback = None, False

    def due(self, now: float) -> Press | None:
        """Return the press to send now: real before test, newest first."""
        due = [press for press in reversed(self.all()) if press.open and press.send_at() <= now]
        return max(due, key=lambda press: press.row.kind != "test", default=None)

    def imminent(self) -> bool:
        """Say whether a press waits for the disk alone; nothing may slip onto the wire before."""
        return any(press.open and press.save_by is not None for press in self.all())

    def message(self, press: Press, moment: Moment) -> Panic:
        """Return the press as it is sent at `moment`."""
        row = press.row
        age_ms = None if press.pressed is None else round((moment.now - press.pressed) * 1000)
        return Panic(
            panic_id=row.panic_id,
            update=row.update,
            pressed_at=row.pressed_at,
            sent_at=moment.wall_ms,
            age_ms=age_ms,
            clock=row.clock,
            kind=row.kind,
            silent=row.silent,
            location=row.location,
            cancel=[CancelCode(code=each.code, at=each.at) for each in row.codes] or None,
            note=row.note,
        )

    def sent(self, press: Press, now: float) -> None:
        """Note that the press went out on the live connection."""
        if press.waiting_since is None:
            press.waiting_since = now
            press.connections += 1
        press.sent_update = press.row.update
        press.next_send = now + press.pause * (1 + PANIC_RESEND_JITTER * self._jitter())
        if not press.unreadable:
            press.pause = min(press.pause * 2, PANIC_RESEND_MAX_S)

    def puback(self, panic_id: str) -> None:
        """Note that the broker has taken a sending of this press on the live connection."""
        press = self._presses.get(panic_id)
        if press is not None:
            press.puback = True

    def unproven(self) -> bool:
        """Say whether an open press has no PUBACK on the live connection yet."""
        return any(press.open and not press.puback for press in self.all())

    def receipt(self, receipt: Receipt, now: float) -> list[Press]:
        """Take a receipt; returns the presses that it changed, to be saved."""
        if receipt.panic_id is None:
            return self._unreadable(receipt)
        press = self._presses.get(receipt.panic_id.lower())
        if press is None or receipt.version < press.row.version:
            return []
        row, before = press.row, press.row
        covered = max(row.covered, min(receipt.update, row.update))
        codes = [each for each in row.codes if each.update > covered]
        row = replace(
            row, version=receipt.version, stage=receipt.stage, covered=covered, codes=codes
        )
        press.row, press.unreadable = row, False
        self._settle(press, now)
        # A higher update than ours: the disk is of an earlier day. Go on above it.
        reopened = receipt.stage == "reopened" and receipt.version > before.version
        if receipt.update > row.update or (reopened and not press.open):
            self._renew(press, now, above=receipt.update)
        return [press] if press.row != before else []

    def overdue(self, now: float) -> str | None:
        """Return why the live connection is to be given up, or None."""
        reasons = (press.overdue(now) for press in self.all())
        return next((reason for reason in reasons if reason is not None), None)

    def deadline(self) -> float | None:
        """Return when `due`, `disk_late` or `overdue` may next give another answer."""
        times = [press.send_at() for press in self.all() if press.open]
        times += [press.save_by for press in self.all() if press.save_by is not None]
        times += [at for press in self.all() if (at := press.give_up_at()) is not None]
        return min(times, default=None)

    def all(self) -> list[Press]:
        """Return the presses that are kept, oldest first."""
        return list(self._presses.values())

    def forget_ended(self) -> list[str]:
        """Drop all but the newest closed presses; returns the ids to delete from the disk."""
        ended = [
            press.row.panic_id for press in self.all() if press.state == "ended" and not press.open
        ]
        old = ended[:-ENDED_KEPT]
        for panic_id in old:
            del self._presses[panic_id]
        return old

    def _add(self, press: Press) -> None:
        test = press.row.kind == "test"
        if test and any(
            each.leads and each.state != "ended" and each.row.kind != "test" for each in self.all()
        ):
            press.leads = False
        else:
            for each in self.all():
                each.leads = False
        self._presses[press.row.panic_id] = press

    def _updates(self, press: Press, now: float) -> bool:
        """Say whether a place now makes an update: on its pace, and not onto a link that lags."""
        if not press.leads or press.state == "ended" or now + EARLY_S < press.next_update:
            return False
        return not press.open or now + EARLY_S >= press.placed_at + self._pace.update_s(None)

    def _update_s(self, press: Press, now: float) -> float:
        return self._pace.update_s(None if press.pressed is None else now - press.pressed)

    def _followed(self) -> Press | None:
        """Return the press that the holder speaks of: the leading one, or the newest not closed."""
        there = [press for press in reversed(self.all()) if press.state != "ended"]
        return max(there, key=lambda press: press.leads, default=None)

    def _next_update(self, press: Press, above: int = 0) -> int:
        return max(press.row.update + press.skip, above) + 1

    def _renew(self, press: Press, now: float, *, above: int = 0, **changes: Any) -> None:
        """Make a new update that goes out at once; its number was never used before."""
        covered = press.row.covered >= press.row.update
        press.row = replace(press.row, update=self._next_update(press, above), **changes)
        press.skip = 0
        self._await_disk(press, now)
        if not press.unreadable:
            press.next_send = now
        if covered:
            press.pause = PANIC_RESEND_FIRST_S

    def _await_disk(self, press: Press, now: float) -> None:
        press.save_by = now + PANIC_DISK_WAIT_S if self._disk_trusted else None

    def _settle(self, press: Press, now: float) -> None:
        """Restart the clocks of a press that was answered."""
        if press.open:
            press.waiting_since = None if press.waiting_since is None else now
        else:
            press.waiting_since, press.puback, press.connections = None, False, 0

    def _unreadable(self, receipt: Receipt) -> list[Press]:
        """Slow down what was never read; whether it ever will be is not ours to know."""
        if receipt.journey_id is None and receipt.text_id is None:
            for press in self.all():
                if press.row.stage is None and press.waiting_since is not None:
                    self._slow_down(press)
        return []

    def _slow_down(self, press: Press) -> None:
        if not press.unreadable:
            press.unreadable, press.pause = True, UNREADABLE_RESEND_S
            press.next_send += UNREADABLE_RESEND_S
