"""Runs the checks, all at once, each no longer than its time: a dead host never hangs the doctor.

A check that hangs is left behind on its daemon thread, which ends with the process.
"""

from collections.abc import Sequence
from threading import Thread

from guardian.doctor.finding import Check, Finding, fault
from runtime import logs
from runtime.clock import Clock

LIMIT_S = 30.0
"""An attempt to connect may take 10 s (2G at its worst), a machine in trouble three times that."""

_DEVICE_LIBRARIES = ("serial", "pynmea2", "gpiod")

_log = logs.get(__name__)


def examine(checks: Sequence[Check], *, limit_s: float, clock: Clock) -> list[Finding]:
    """Return what the checks found, in the order of the checks."""
    examinations = [_Examination(check) for check in checks]
    for each in examinations:
        each.start()
    end = clock.monotonic() + limit_s
    return [
        finding
        for each in examinations
        for finding in each.result(max(0.0, end - clock.monotonic()), limit_s)
    ]


class _Examination:
    """One check on its thread."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._found: list[Finding] = []
        self._thread = Thread(target=self._run, name=f"doctor-{check.area}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def result(self, wait_s: float, limit_s: float) -> list[Finding]:
        self._thread.join(wait_s)
        if not self._thread.is_alive():
            return self._found
        late = fault(
            f"{self._check.area}.unfinished",
            self._check.about,
            f"no answer within {limit_s:g} s",
            "find out what swallows the packets (firewall, wrong address), "
            "or give it longer: guardian doctor --timeout 60",
        )
        return [*self._found, late]

    def _run(self) -> None:
        try:
            for finding in self._check.run():
                self._found.append(finding)
        except ModuleNotFoundError as error:
            self._found.append(lacking(self._check.area, self._check.about, error))
        except Exception as error:  # noqa: BLE001 - the top of the thread: it becomes a line
            _log.exception("doctor_check_failed", check=self._check.area, about=self._check.about)
            self._found.append(_broken(self._check, error))


def lacking(area: str, about: str, error: ModuleNotFoundError) -> Finding:
    """Say that a library is missing which only some machines have."""
    extra = "device" if error.name in _DEVICE_LIBRARIES else "server"
    return fault(
        f"{area}.unfinished",
        about,
        f"this machine lacks {error.name}, so it could not be looked at",
        f"pip install 'guardian-safety[{extra}]'",
    )


def _broken(check: Check, error: Exception) -> Finding:
    return fault(
        f"{check.area}.unfinished",
        check.about,
        f"the check itself failed: {type(error).__name__}: {error}",
        "look at the other lines first; then report this one, it is a bug of Guardian's",
    )
