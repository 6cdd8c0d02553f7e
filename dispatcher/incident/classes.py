"""The class of an incident, and which class a press joins."""

from contract.ids import is_canary
from contract.messages import IncidentClass, PanicKind


def class_of(device: str, kind: PanicKind) -> IncidentClass:
    """Return the class of an incident that this press would open."""
    if is_canary(device):
        return "canary"
    return "test" if kind == "test" else "production"
