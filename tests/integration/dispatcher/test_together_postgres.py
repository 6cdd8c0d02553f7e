"""What operators do together, on PostgreSQL: the same suite as on SQLite."""

import pytest

from tests.unit.dispatcher.together_suite import *  # noqa: F403 - the whole suite, as it is

pytestmark = pytest.mark.integration
