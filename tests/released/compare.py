"""What was answered before against what is answered now: more is welcome, less is a loss."""

from typing import Any


def kept(before: Any, now: Any, where: str = "") -> list[str]:
    """Return the places where something of before is gone or different."""
    if isinstance(before, dict) and isinstance(now, dict):
        return [
            fault for key in before for fault in kept(before[key], now.get(key), f"{where}.{key}")
        ]
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        pairs = enumerate(zip(before, now, strict=True))
        return [fault for at, (a, b) in pairs for fault in kept(a, b, f"{where}[{at}]")]
    return [] if before == now else [f"{where}: {before!r} became {now!r}"]
