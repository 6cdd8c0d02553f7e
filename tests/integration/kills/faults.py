"""What goes wrong when: a plan drawn from a seed, the same for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

Target = Literal["ingest", "broker", "influxdb", "tracker link", "broker link", "store link"]
Way = Literal["kill", "cut", "silence"]

KILLED: tuple[Target, ...] = ("ingest", "broker", "influxdb")
LINKS: tuple[Target, ...] = ("tracker link", "broker link", "store link")


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: when it begins (seconds), what it hits and how, and for how long."""

    at: float
    target: Target
    way: Way
    lasts: float

    @property
    def name(self) -> str:
        """Return what it is counted as."""
        return f"{self.target} {'killed' if self.way == 'kill' else self.way}"


def plan(seed: int, seconds: float, every_s: float, longest_s: float) -> list[Fault]:
    """Draw the faults of a run in order of time.

    Each of the six targets fails about every `every_s`, for up to `longest_s`, by itself, so that
    several are often down at once; none fails again before it was mended.
    """
    random = Random(seed)
    return sorted(
        fault
        for target in (*KILLED, *LINKS)
        for fault in _of(target, random, seconds, every_s, longest_s)
    )


def _of(
    target: Target, random: Random, seconds: float, every_s: float, longest_s: float
) -> Iterator[Fault]:
    at = random.uniform(0, every_s)
    while at < seconds:
        way: Way = "kill" if target in KILLED else random.choice(("cut", "silence"))
        lasts = random.uniform(0, longest_s)
        yield Fault(at, target, way, lasts)
        at += lasts + random.uniform(0.2, 2 * every_s)
