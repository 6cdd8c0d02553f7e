"""The desk on SQLite."""

from tests.unit.dispatcher.desk_suite import *  # noqa: F403 - the whole suite, as it is
