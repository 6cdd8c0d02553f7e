"""The other stores that docs/install.md offers."""

from collections.abc import Iterator

import pytest

from tests.integration.systemd.site import Site

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

_RESTART = "systemctl restart guardian-ingest guardian-dispatcher"


@pytest.fixture
def back(site: Site) -> Iterator[None]:
    """The settings as they were, afterwards."""
    site.server.run("cp -a /etc/guardian /root/settings")
    yield
    site.server.run(f"cp -a /root/settings/*.toml /etc/guardian/; rm -r /root/settings; {_RESTART}")


@pytest.mark.usefixtures("back")
@pytest.mark.parametrize("choice", ["sqlite", "postgresql"])
def test_a_panic_is_received_with_another_store(site: Site, choice: str) -> None:
    site.type(choice)
    site.server.run(_RESTART)
    site.wait_for_link()
    site.press()
    made = {
        "sqlite": "/var/lib/guardian/telemetry/telemetry.db",
        "postgresql": "/var/lib/postgresql",
    }
    site.server.run(f"test -e {made[choice]}")
