"""Fixtures that every test may ask for: the real services."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling, Scheduling

from tests.services import container
from tests.services.choice import CONTAINERS_ONLY
from tests.services.influxdb import InfluxDB
from tests.services.influxdb import influxdb as start_influxdb
from tests.services.postgres import GivenPostgres, Postgres, given_postgres
from tests.services.postgres import postgres as start_postgres

# A loaded machine is no failure; in CI the same examples come every time.
settings.register_profile("guardian", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("guardian")


@pytest.fixture(autouse=True)
def _root_logger_as_it_was() -> Iterator[None]:
    """A command that is called in the tests' own process sets up logging for a whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


@pytest.fixture(scope="session")
def influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDB]:
    """One InfluxDB for the session; a test makes buckets of its own in it."""
    server = start_influxdb(tmp_path_factory.mktemp("influxdb"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres | GivenPostgres]:
    """One PostgreSQL for the session; a test makes a database of its own in it."""
    server = given_postgres() or start_postgres()
    yield server
    server.remove()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a folder together, in whatever order: they share what is slow to start."""
    folders = {item.path.parent: number for number, item in enumerate(reversed(items))}
    items.sort(key=lambda item: -folders[item.path.parent])


class _ByFolder(LoadScopeScheduling):  # type: ignore[misc]
    """Several workers (`--dist=loadscope`): a folder's tests stay on one of them."""

    def _split_scope(self, nodeid: str) -> str:
        """Return what shares a worker.

        End-to-end tests share nothing, so there it is a file. Whole systems boot one at a time.
        """
        file = Path(nodeid.partition("::")[0])
        if file.parent.name == "e2e":
            return file.stem
        return "systems" if file.parent.name in {"compose", "systemd"} else file.parent.name


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Choose what hands the tests out, for pytest-xdist."""
    return _ByFolder(config, log) if config.getvalue("dist") == "loadscope" else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run with containers in which no container was started: it proved nothing."""
    if CONTAINERS_ONLY and not container.started and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print("GUARDIAN_TEST_SERVICES=container, but no container was started")  # noqa: T201
