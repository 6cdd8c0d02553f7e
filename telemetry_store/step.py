"""What making a store ready did, step by step."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that had to be there, and what was done for it."""

    what: str
    outcome: Literal["made", "kept", "changed"]
