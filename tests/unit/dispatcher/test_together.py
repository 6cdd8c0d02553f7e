"""What operators do together, on SQLite."""

from tests.unit.dispatcher.together_suite import (  # noqa: F401 - the suite is run here
    TestAssignment,
    TestHandOver,
    TestLinksAndMerges,
    TestNotesAndRoles,
    TestTransfer,
)
