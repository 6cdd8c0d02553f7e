"""docs/compose.md names what is in docker-compose.yml."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "compose.md").read_text()
COMPOSE = (ROOT / "docker-compose.yml").read_text()
COMMAND = re.compile(
    r"docker compose (?:run|exec|logs|restart|kill|up)((?: -[-\w]+)*(?: HUP)?) (\w+)"
)


def section(name: str) -> list[str]:
    """Return the names that are defined directly below a top-level key."""
    text = re.split(r"^(?=\S)", COMPOSE.partition(f"\n{name}:\n")[2], flags=re.MULTILINE)[0]
    return re.findall(r"^  ([a-z-]+):", text, re.MULTILINE)


def test_every_service_that_is_named_exists() -> None:
    named = {service for _, service in COMMAND.findall(PAGE)}
    assert {"admin", "dispatcher", "simulate", "broker"} <= named
    assert named <= set(section("services"))


def test_every_volume_is_explained() -> None:
    table = PAGE.partition("| volume | holds |")[2].partition("\n\n")[0]
    explained = re.findall(r"`([a-z-]+)`", "\n".join(row[:60] for row in table.splitlines()))
    assert set(section("volumes")) <= set(explained)


def test_every_setting_that_is_named_is_read() -> None:
    rows = re.findall(r"^\| (`[A-Z_`, ]+) \|", PAGE, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert len(named) > 8
    assert [name for name in sorted(named) if f"${{{name}" not in COMPOSE] == []
