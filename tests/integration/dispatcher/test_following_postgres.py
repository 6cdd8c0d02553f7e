"""Following on PostgreSQL: the same suite as on SQLite."""

import pytest

from tests.unit.dispatcher.following.test_follower import *  # noqa: F403 - the whole suite

pytestmark = pytest.mark.integration
