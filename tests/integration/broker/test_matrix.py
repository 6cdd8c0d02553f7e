"""Who may tell whom what, by delivery: an answer of the broker proves nothing.

The table is written by hand from the contract's table of topics, and not made from the code that
makes the access lists. Absence is shown by order: the broker delivers to one session in the order
of arrival, so what is not there when a later message is, was not delivered.
"""

from collections.abc import Callable

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from tests.integration.broker.party import V5, V311, Party

pytestmark = pytest.mark.integration

T = "guardian/v1/tracker-a"
INCIDENT = "guardian/v1/dispatch/incident/0190-x"
NOTICE = "guardian/v1/dispatch/notice"

OWN, OTHER = "tracker-a", "tracker-b"
INGEST, DISPATCHER, TOOL = "svc.ingest.1", "svc.dispatcher.1", "svc.tool.1"
EVERYBODY = (OWN, OTHER, INGEST, DISPATCHER, TOOL)

# topic: (who may say it, who may hear it)
TABLE = {
    f"{T}/location": ({OWN}, {INGEST, DISPATCHER}),
    f"{T}/history": ({OWN}, {INGEST}),
    f"{T}/stored": ({INGEST}, {OWN}),
    f"{T}/panic": ({OWN}, {DISPATCHER}),
    f"{T}/journey": ({OWN}, {DISPATCHER}),
    f"{T}/text": ({OWN}, {DISPATCHER}),
    f"{T}/status": ({OWN}, {INGEST, DISPATCHER, TOOL}),
    f"{T}/receipt": ({DISPATCHER}, {OWN}),
    f"{T}/command": ({DISPATCHER}, {OWN}),
    INCIDENT: ({DISPATCHER}, {TOOL}),
    NOTICE: ({INGEST, DISPATCHER}, {TOOL}),
    # nobody's
    T: (set(), set()),
    f"{T}/location/more": (set(), set()),
    f"{T}/unknown": (set(), set()),
    "guardian/v1/dispatch/location": (set(), set()),
    "guardian/v2/tracker-a/panic": (set(), set()),
    "elsewhere": (set(), set()),
}
# For each party a topic that it hears, and who says it: what ends the wait.
SENTINELS = {
    OWN: (f"{T}/receipt", DISPATCHER),
    OTHER: ("guardian/v1/tracker-b/receipt", DISPATCHER),
    INGEST: (f"{T}/status", OWN),
    DISPATCHER: (f"{T}/status", OWN),
    TOOL: (f"{T}/status", OWN),
}
EXACT = (*TABLE, "guardian/v1/tracker-b/receipt")
FILTERS = {
    "exact": EXACT,
    "everything": ("#",),
    "prefix": ("guardian/#",),
    "levels": ("guardian/+/+/+", "+/+/+/+/+"),
    "shared": ("$share/{me}/guardian/#",),
    "shared-exact": tuple(f"$share/{{me}}/{topic}" for topic in EXACT),
}


@pytest.mark.parametrize("version", [V311, V5], ids=["3.1.1", "5"])
@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS)
def test_everybody_hears_what_the_table_says_and_no_more(
    filters: tuple[str, ...],
    version: MQTTProtocolVersion,
    tracker: Callable[..., Party],
    service: Callable[..., Party],
) -> None:
    """Everybody says everything on every topic; exactly the table's cells are delivered."""
    parties = {
        name: (service if "." in name else tracker)(name, version=version) for name in EVERYBODY
    }
    for name, party in parties.items():
        party.subscribe(*(each.format(me=name) for each in filters))

    for name, party in parties.items():
        for topic in TABLE:
            party.publish(topic, f"{name} on {topic}".encode())
    for name, (topic, sayer) in SENTINELS.items():
        parties[sayer].publish(topic, f"sentinel for {name}".encode())

    for name, party in parties.items():
        party.await_message(f"sentinel for {name}".encode())
        heard = sorted(each for each in party.payloads() if not each.startswith(b"sentinel"))
        assert heard == sorted(
            f"{sayer} on {topic}".encode()
            for topic, (sayers, hearers) in TABLE.items()
            if name in hearers
            for sayer in sayers
        ), name


def test_only_tools_watch_the_broker_itself(
    tracker: Callable[..., Party], service: Callable[..., Party]
) -> None:
    """The broker's own statistics are for operators' tools."""
    parties = {name: (service if "." in name else tracker)(name) for name in EVERYBODY}
    for party in parties.values():
        party.subscribe("$SYS/broker/version")
    for name, (topic, sayer) in SENTINELS.items():
        parties[name].subscribe(topic)
        parties[sayer].publish(topic, f"sentinel for {name}".encode())
    for name, party in parties.items():
        party.await_message(f"sentinel for {name}".encode())
        about = [each.topic for each in party.messages if each.topic.startswith("$SYS")]
        assert about == (["$SYS/broker/version"] if name == TOOL else []), name
