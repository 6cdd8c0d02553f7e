"""How urgent an incident is, as a table: 1 is the most urgent, 5 the least."""

from typing import Final

from contract.messages import IncidentClass, PanicKind

MOST_URGENT: Final = 1
LEAST_URGENT: Final = 5

KIND_PRIORITY: Final[dict[PanicKind, int]] = {
    "button": 3,
    "call": 3,
    "fall": 3,
    "tamper": 4,
    "test": 5,
}
"""One press leaves room above it, so that each further press can raise the incident."""

SILENT_RAISES: Final = 1
"""Somebody who must not be heard calling is in the hands of somebody else."""
PRESS_RAISES: Final = 1
"""Each further press says that nothing has become better."""


def priority(
    class_: IncidentClass, kind: PanicKind, *, silent: bool, presses: int, duress: bool = False
) -> int:
    """Return the priority; tests and canaries are always the least urgent."""
    if class_ != "production":
        return LEAST_URGENT
    if duress:  # somebody stands beside the holder and makes them cancel
        return MOST_URGENT
    raised = SILENT_RAISES * silent + PRESS_RAISES * (presses - 1)
    return max(MOST_URGENT, KIND_PRIORITY[kind] - raised)


def more_urgent(kinds: list[PanicKind]) -> PanicKind:
    """Return the most urgent kind, of equals the last."""
    return min(reversed(kinds), key=lambda kind: KIND_PRIORITY[kind])
