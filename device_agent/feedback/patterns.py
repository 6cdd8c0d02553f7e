"""How each signal feels: pulses that a hand in a pocket can tell apart."""

from dataclasses import dataclass

from device_agent.feedback.choice import Signal

SHORT_S = 0.15
"""A vibration motor needs 0.1 s to be felt."""
LONG_S = 1.5
"""Nobody takes it for a short one."""
GAP_S = 0.2


@dataclass(frozen=True, slots=True)
class Pattern:
    """Pulses (seconds on, then GAP_S off), and after how many seconds they come again."""

    pulses: tuple[float, ...]
    again_s: float | None = None


PATTERNS: dict[Signal, Pattern] = {
    "sent": Pattern((SHORT_S,)),
    "received": Pattern((SHORT_S, SHORT_S)),
    "seen": Pattern((LONG_S,), again_s=60.0),  # somebody has it, and still has
    "closed": Pattern((SHORT_S, SHORT_S, LONG_S)),
    "failing": Pattern((SHORT_S,) * 5, again_s=10.0),
}
