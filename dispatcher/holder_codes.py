"""Holders' codes: setting them, and comparing what was typed after its press is safe.

Comparing takes a tenth of a second, so it is done by a loop of its own: no press waits for it. Of
each tracker one code is compared at a time, so that one which sends thousands delays only itself.
"""

import secrets
from collections.abc import Callable
from threading import Event
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from contract.ids import parse_device
from contract.limits import MAX_CODE_CHARS
from dispatcher.desk import Desk
from dispatcher.errors import StoreUnavailableError, UnknownAccountError, UnusableCodeError
from dispatcher.incident.codes import MIN_CHARS
from dispatcher.store import codes as rows
from dispatcher.store.codes import HolderCodes, TypedCode
from dispatcher.store.engine import Database
from dispatcher.transactions.settle_code import Compared
from runtime import logs
from runtime.clock import Clock
from runtime.lifecycle import Stopping

AT_ONCE: Final = 50
"""Trackers whose codes are compared in one turn: five seconds of work."""
POLL_S: Final = 1.0
"""Another dispatcher may have taken what was typed, and may have died since."""

_log = logs.get(__name__)


class HolderCodesBook:
    """The codes of all holders; only hashes (argon2id) are kept. Thread-safe."""

    def __init__(
        self, database: Database, clock: Clock, *, hasher: PasswordHasher | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def put(self, device: str, pin: str, duress: str) -> None:
        """Set the PIN and the duress code of a tracker's holder, in place of those that were.

        Raises:
            InvalidIdError: the device id does not have its form.
            UnusableCodeError: a code cannot be typed, or the two cannot be told apart.
        """
        _check(pin, duress)
        codes = HolderCodes(
            device=parse_device(device),
            pin_hash=self._hasher.hash(pin),
            duress_hash=self._hasher.hash(duress),
            set_at=self._clock.now_ms(),
        )
        with self._database.writing() as connection:
            rows.put(connection, codes)

    def set_at(self, device: str) -> int | None:
        """Return since when a tracker's holder has codes, None without any."""
        with self._database.reading() as connection:
            codes = rows.find(connection, parse_device(device))
        return None if codes is None else codes.set_at

    def clear(self, device: str) -> None:
        """Forget a holder's codes.

        Raises:
            UnknownAccountError: there are none.
        """
        with self._database.writing() as connection:
            if not rows.clear(connection, parse_device(device)):
                raise UnknownAccountError(f"no codes are set for {device!r}")

    def unchecked(self) -> list[TypedCode]:
        """Return what is to be compared, of each tracker the oldest."""
        with self._database.reading() as connection:
            return rows.unchecked(connection, AT_ONCE)

    def compare(self, typed: TypedCode) -> Compared:
        """Say which of the holder's codes it is; what was cleared meanwhile matches none."""
        with self._database.reading() as connection:
            codes = rows.find(connection, typed.device)
        pin = self._nobody if codes is None else codes.pin_hash
        duress = self._nobody if codes is None else codes.duress_hash
        return Compared(typed, self._matches(pin, typed.code), self._matches(duress, typed.code))

    def _matches(self, hashed: str, code: str) -> bool:
        try:
            return self._hasher.verify(hashed, code)
        except (VerificationError, InvalidHashError):
            return False


class CodeChecks:
    """Used by one thread; `wake` may be called on any."""

    def __init__(self, desk: Desk, book: HolderCodesBook, clock: Clock) -> None:
        self._desk = desk
        self._book = book
        self._clock = clock
        self._wake = Event()

    def wake(self) -> None:
        """Say that something may have been typed."""
        self._wake.set()

    def run(self, stopping: Stopping, beat: Callable[[], None]) -> None:
        """Compare what was typed until `stopping`; the target of a Loop."""
        while not stopping.is_set():
            beat()
            self._wake.clear()
            started = self._clock.monotonic()
            try:
                done = self.turn()
            except StoreUnavailableError:
                done = 0  # the desk's alarm says so
            except Exception:  # noqa: BLE001 - the top of the loop: a duress code must be heard
                _log.exception("codes_loop_failed")
                self._desk.metrics.loop_errors.labels("codes").inc()
                done = 0
            # As long a pause as the work was: presses want the processor, too.
            self._wake.wait(self._clock.monotonic() - started if done else POLL_S)

    def turn(self) -> int:
        """Compare one code of each tracker that has some; return how many.

        Raises:
            StoreUnavailableError: the database cannot be asked, or did not commit.
        """
        waiting = self._book.unchecked()
        for typed in waiting:
            self._desk.settle_code(self._book.compare(typed))
        return len(waiting)


def _check(pin: str, duress: str) -> None:
    for code in (pin, duress):
        if not MIN_CHARS <= len(code) <= MAX_CODE_CHARS or not code.isprintable():
            raise UnusableCodeError(
                f"a code has {MIN_CHARS} to {MAX_CODE_CHARS} printable characters"
            )
    if pin == duress:
        raise UnusableCodeError("PIN and duress code must differ")
