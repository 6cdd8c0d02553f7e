"""Every line that the doctor can say is on its page, and nothing else."""

import re
from pathlib import Path
from typing import get_args

from guardian.doctor.finding import Area

ROOT = Path(__file__).resolve().parents[4]
AREAS = "|".join(get_args(Area))
SAID = re.compile(rf'"((?:{AREAS})\.[a-z_]+)"')
LISTED = re.compile(rf"^\| `((?:{AREAS})\.[a-z_]+)` \|", re.MULTILINE)

FILES = frozenset({"agent.lock", "service.crt", "service.key"})
"""What looks like a line and is a file."""


def test_the_page_lists_every_line() -> None:
    sources = (ROOT / "guardian" / "doctor").glob("*.py")
    said = {name for each in sources for name in SAID.findall(each.read_text())}
    said |= {f"version.{what}" for what in ("python", "sqlite", "mosquitto", "influxdb",
                                            "postgresql")}  # fmt: skip
    said -= FILES
    listed = LISTED.findall((ROOT / "docs" / "doctor.md").read_text())
    assert len(listed) == len(set(listed))
    assert said == set(listed)


def test_the_page_names_every_area() -> None:
    page = (ROOT / "docs" / "doctor.md").read_text()
    assert all(f"`{area}`" in page for area in get_args(Area))
