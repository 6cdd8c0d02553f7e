"""A press over 9.6 kbit/s with 20 % of the packets lost, behind a backlog; see bench/agent."""

import subprocess
import sys

import pytest

from tests.services.choice import CONTAINERS_ONLY, missing
from tests.services.radio_link import available

pytestmark = pytest.mark.integration


@pytest.mark.timeout(400)
@pytest.mark.skipif(CONTAINERS_ONLY, reason="the broker has to be in the test's own namespace")
def test_a_press_passes_a_backlog_on_a_bad_link() -> None:
    if not available():
        missing("a network namespace", "root, unshare, nsenter, ip, tc and iptables")
    only = "the same, with a backlog of 300 reports"
    bench = [sys.executable, "-m", "bench.agent.bad_link", "--presses", "1", "--only", only]
    ran = subprocess.run(
        ["unshare", "--net", *bench], capture_output=True, text=True, check=False, timeout=390
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1].startswith(only)
