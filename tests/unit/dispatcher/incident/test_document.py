"""docs/incidents.md says what the code does."""

from pathlib import Path

import pytest

from dispatcher.delivery_queue import RETRY_S
from dispatcher.incident import document

PAGE = Path(__file__).parents[4] / "docs" / "incidents.md"


@pytest.mark.parametrize(
    "made",
    [
        document.state_table(),
        document.role_table(),
        document.refusal_table(),
        document.priority_table(),
        document.mark_table(),
        document.ladder_line(),
        f"{', '.join(map(str, RETRY_S[:-1]))} s, then every hour",
    ],
)
def test_the_page_has_the_tables_of_the_code(made: str) -> None:
    assert made in PAGE.read_text()
