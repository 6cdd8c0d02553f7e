"""The tracker's battery, as the kernel tells of it, and what a low one means.

Fuel gauges answer over slow buses, so a thread of its own reads them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from device_agent.events import BatteryRead, Event
from runtime import logs
from runtime.lifecycle import Stopping

POWER_SUPPLIES = Path("/sys/class/power_supply")
READ_EVERY_S = 30.0
"""A battery changes by a percent in minutes; a charger that is unplugged is worth half of one."""
LOW_PERCENT = 20
"""A fifth is left: enough to be found with, if it is spent slowly."""
LAST_WORD_PERCENT = 5
"""Below this boards switch off without a warning."""
RECOVERED_PERCENT = 8
"""Above the last word by more than a gauge wavers."""

Level = Literal["good", "low", "empty"]

_log = logs.get(__name__)


class Charge(Struct, frozen=True):
    """How full the battery is; None where the kernel does not say."""

    percent: int | None = None
    charging: bool | None = None


class Gauge:
    """What is done about the charge; a gauge that wavers at a limit does not go to and fro."""

    def __init__(self) -> None:
        self.charge = Charge()
        self.level: Level = "good"

    def read(self, charge: Charge) -> None:
        """Take a new reading."""
        self.charge = charge
        self.level = self._judged(charge)

    def _judged(self, charge: Charge) -> Level:
        if charge.percent is None or charge.charging:
            return "good"
        empty_to = RECOVERED_PERCENT if self.level == "empty" else LAST_WORD_PERCENT
        if charge.percent <= empty_to:
            return "empty"
        return "low" if charge.percent <= LOW_PERCENT else "good"


class BatteryWatch:
    """Reads the battery every half minute and tells when it has changed."""

    def __init__(
        self,
        folder: Path | None,
        post: Callable[[Event], None],
        *,
        stopping: Stopping,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the battery's folder in sysfs; None takes the first battery that the board has."""
        self._folder = folder
        self._post = post
        self._stopping = stopping
        self._beat = beat
        self._told = Charge()

    def run(self) -> None:
        """Read until the process ends; a battery may come later, with its driver."""
        while not self._stopping.is_set():
            self._beat()
            self.look()
            self._stopping.wait(READ_EVERY_S)

    def look(self) -> None:
        """Read once."""
        folder = self._folder or first_battery(POWER_SUPPLIES)
        charge = Charge() if folder is None else read_charge(folder)
        if charge != self._told:
            self._told = charge
            _log.info("battery", percent=charge.percent, charging=charge.charging)
            self._post(BatteryRead(charge.percent, charge.charging))


def first_battery(supplies: Path) -> Path | None:
    """Return the board's own battery, the first by name; one of a mouse or a pen is none."""
    try:
        found = sorted(supplies.iterdir())
    except OSError:
        return None
    for each in found:
        if _line(each / "type") == "Battery" and _line(each / "scope") != "Device":
            return each
    return None


def read_charge(folder: Path) -> Charge:
    """Return what `capacity` and `status` say (Linux: Documentation/ABI/testing/sysfs-class-power).

    What is missing or no number is None: a fuel gauge may be gone for a moment.
    """
    capacity, status = _line(folder / "capacity"), _line(folder / "status")
    percent = min(100, int(capacity)) if capacity.isascii() and capacity.isdecimal() else None
    known = {"Charging": True, "Full": True, "Discharging": False, "Not charging": False}
    return Charge(percent, known.get(status))


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
