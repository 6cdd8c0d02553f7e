"""What waits for an absent session is bounded, in messages and in bytes."""

from pathlib import Path

import pytest

from tests.integration.broker.party import Crowd
from tests.integration.broker.site import start_site

pytestmark = pytest.mark.integration

PAYLOAD = b"x" * 200


@pytest.mark.parametrize("bound", [{"max_queued_messages": 50}, {"max_queued_bytes": 50 * 200}])
def test_an_absent_session_keeps_what_the_bound_allows_and_is_well_afterwards(
    bound: dict[str, int], tmp_path: Path, crowd: Crowd
) -> None:
    """Round after round: the counters do not drift, and live messages are not dropped."""
    site = start_site(tmp_path, **bound)
    topic = "guardian/v1/tracker-q/location"
    try:
        own = crowd.join(site.add("tracker-q"), site.tracker_port, "tracker-q")
        ingest = (site.service("svc.ingest.1"), site.service_port, "svc.ingest.1")
        for _ in range(3):
            crowd.join(*ingest, clean=False).subscribe(topic).disconnect()
            for _ in range(100):
                own.publish(topic, PAYLOAD)
            back = crowd.join(*ingest, clean=False)
            back.await_count(PAYLOAD, 50)  # a queue that is full would drop the sentinel
            own.publish(topic, b"sentinel")
            back.await_message(b"sentinel")
            assert 50 <= back.payloads().count(PAYLOAD) <= 55
            back.disconnect()
    finally:
        site.broker.stop()
