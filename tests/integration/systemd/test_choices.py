"""What else docs/install.md offers: other stores, and a certificate of your own."""

from collections.abc import Iterator

import pytest

from tests.integration.systemd.page import blocks
from tests.integration.systemd.site import HOST, Site

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


def test_the_console_has_a_certificate_of_your_own(site: Site) -> None:
    drop_in = "/etc/systemd/system/guardian-dispatcher.service.d/override.conf"
    (block,) = (each for each in blocks() if each.where == "own certificate")
    site.server.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 "
        f"-subj /CN=console -addext subjectAltName=DNS:{HOST} "
        "-out /etc/ssl/console.crt -keyout /etc/ssl/private/console.key"
    )
    site.server.write(drop_in, block.text)
    site.server.run("systemctl daemon-reload && systemctl restart guardian-dispatcher")
    try:
        site.server.run(
            "curl --silent --show-error --fail --retry 10 --retry-delay 1 --retry-connrefused "
            f"--cacert /etc/ssl/console.crt https://{HOST}:8443/healthz"
        )
    finally:
        site.server.run(
            f"rm {drop_in}; systemctl daemon-reload && systemctl restart guardian-dispatcher"
        )
