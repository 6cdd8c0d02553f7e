"""One installation for all tests of this folder: it takes the better part of a minute."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.integration.systemd.site import Site


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """A server with InfluxDB and a tracker, after the first panic; at the end it is uninstalled."""
    with TemporaryDirectory(prefix="guardian-systemd-", dir="/var/tmp") as folder:
        made = Site(Path(folder), frozenset({"influxdb"}))
        try:
            made.install()
            yield made
            made.type("uninstall")
            assert "guardian" not in made.server.run("systemctl list-unit-files; ls /opt /var/lib")
        finally:
            made.close()
