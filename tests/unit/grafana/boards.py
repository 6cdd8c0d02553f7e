"""The checked-in dashboards, as Grafana loads them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
TEXTS = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
}
BOARDS: dict[str, dict[str, Any]] = {name: json.loads(text) for name, text in TEXTS.items()}


def panels() -> list[tuple[str, dict[str, Any]]]:
    """Return every panel with its dashboard's name."""
    return [(name, panel) for name, board in BOARDS.items() for panel in board["panels"]]


def targets() -> Iterator[dict[str, Any]]:
    """Return every query of every panel."""
    for _, panel in panels():
        yield from panel["targets"]
