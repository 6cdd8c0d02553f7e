"""docs/install.md leads from an empty Debian to the first panic, and what it installs stays up."""

import pytest

from tests.integration.systemd.site import Site

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


def test_the_page_leads_to_an_acknowledged_panic(site: Site) -> None:
    assert "acknowledged" in site.stages()
