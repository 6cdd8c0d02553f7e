"""Documents lead somewhere."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
NAMED = re.compile(r"docs/[a-z0-9/_-]+\.md")


def tracked(*patterns: str) -> list[str]:
    """Return the files of the repository; all below the folder where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return listed.stdout.split()


@pytest.mark.parametrize("page", tracked("*.md"))
def test_every_link_leads_to_a_file(page: str) -> None:
    text = (ROOT / page).read_text()
    broken = [
        link for link in LINK.findall(text) if not (ROOT / page).parent.joinpath(link).exists()
    ]
    assert broken == []


def test_every_page_that_the_code_names_is_there() -> None:
    sources = tracked("*.py", "*.toml", "*.md", "Makefile", "*.sh")
    named = {page for source in sources for page in NAMED.findall((ROOT / source).read_text())}
    assert "docs/architecture.md" in named
    assert sorted(page for page in named if not (ROOT / page).exists()) == []
