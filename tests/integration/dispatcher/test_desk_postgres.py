"""The desk on PostgreSQL: the same suite as on SQLite."""

import pytest

from tests.unit.dispatcher.desk_suite import *  # noqa: F403 - the whole suite, as it is

pytestmark = pytest.mark.integration
