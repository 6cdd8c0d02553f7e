"""Ingest, broker and InfluxDB killed, all links cut, at random: every position arrives once."""

from pathlib import Path

import pytest

from tests.integration.kills.faults import KILLED, LINKS, plan
from tests.integration.kills.site import Size, site
from tests.services.influxdb import InfluxDB

pytestmark = pytest.mark.integration

SEED = 6
SECONDS = 12.0


@pytest.mark.timeout(400)
def test_random_kills_and_cuts_lose_nothing_and_double_nothing(
    influxdb: InfluxDB, tmp_path: Path
) -> None:
    """The long form, with any seed, is bench/ingest/kills.py."""
    faults = plan(SEED, SECONDS, every_s=4.0, longest_s=1.5)
    assert {fault.target for fault in faults} == {*KILLED, *LINKS}
    with site(tmp_path, influxdb, Size()) as running:
        outcome = running.run(faults)
    assert outcome.faults.total() == len(faults)
    assert len(outcome.sent) > SECONDS * Size.rate / 2
    assert not outcome.lost, (
        f"{len(outcome.lost)} of {len(outcome.sent)}, {outcome.dropped} given up"
    )
    assert outcome.exact
