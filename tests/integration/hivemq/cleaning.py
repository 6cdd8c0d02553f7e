"""What makes a used broker as good as new: no session and no retained message of any test."""

from contextlib import ExitStack

from contract.topics import STATUS
from runtime.mqtt.link import Link
from tests.integration.mqtt.conftest import link_settings
from tests.unit.runtime.mqtt.recorder import Recorder

CLIENTS = (
    "a", "sender", "watcher", "same", "doomed",
    "t-1", "t-2", "tracker-a", "svc.ingest.1", "svc.ingest.2", "svc.dispatcher.1",
    "svc.dispatcher.1.trackers", "svc.dispatcher.1.follow",
)  # fmt: skip
"""Everybody who connects in the tests that come here."""
RETAINED = ("t/1", "status/doomed", "status/a", STATUS.of("t-1"))


def clean(url: str) -> None:
    """End every client's session, and forget what was retained."""
    with ExitStack() as stack:
        links = [_newcomer(url, client, stack) for client in CLIENTS]
        for link, recorder in links:
            recorder.until_up()
            for topic in RETAINED if link is links[0][0] else ():
                link.publish(topic, b"", retain=True)
        links[0][1].until_puback(len(RETAINED))


def _newcomer(url: str, client: str, stack: ExitStack) -> tuple[Link, Recorder]:
    """Connect with a clean start and a session that ends with the connection."""
    recorder = Recorder()
    settings = link_settings(url, client_id=client, clean_start=True, session_expiry_s=0)
    link = Link(settings, recorder)
    link.start()
    stack.callback(link.stop)
    return link, recorder
