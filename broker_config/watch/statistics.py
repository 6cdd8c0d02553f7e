"""What Mosquitto says of itself below `$SYS/broker/`: text, and any bytes are survived."""

import re
from dataclasses import dataclass
from typing import Final, Literal

FILTER: Final = "$SYS/#"
_NUMBER = re.compile(rb"[0-9]{1,18}\Z")
"""Up to 10^18: what a double still shows to one part in a thousand million million."""


@dataclass(frozen=True)
class Statistic:
    """One number of a broker, and the metric that shows it."""

    topic: str
    metric: str
    type: Literal["counter", "gauge"]
    meaning: str
    worry: str = ""


STATISTICS: Final = (
    Statistic(
        "$SYS/broker/clients/connected",
        "guardian_broker_clients_connected",
        "gauge",
        "clients that are connected at present",
        "it falls steeply: a network or a certificate is out of order",
    ),
    Statistic(
        "$SYS/broker/store/messages/count",
        "guardian_broker_messages_queued",
        "gauge",
        "messages that the broker keeps for sessions, retained ones among them",
        "it grows: a service is away or too slow, and at the bound messages are dropped",
    ),
    Statistic(
        "$SYS/broker/store/messages/bytes",
        "guardian_broker_queued_bytes",
        "gauge",
        "payload of those messages",
        "it grows",
    ),
    Statistic(
        "$SYS/broker/publish/messages/dropped",
        "guardian_broker_messages_dropped_total",
        "counter",
        "messages that a full queue has dropped; their makers send them again",
        "it rises at all",
    ),
    Statistic(
        "$SYS/broker/publish/messages/received",
        "guardian_broker_messages_received_total",
        "counter",
        "messages that clients have published",
        "it stands still while trackers are out",
    ),
    Statistic(
        "$SYS/broker/publish/messages/sent",
        "guardian_broker_messages_sent_total",
        "counter",
        "messages that the broker has sent to clients",
    ),
    Statistic(
        "$SYS/broker/bytes/received",
        "guardian_broker_bytes_received_total",
        "counter",
        "bytes from clients, all packets counted",
    ),
    Statistic(
        "$SYS/broker/bytes/sent",
        "guardian_broker_bytes_sent_total",
        "counter",
        "bytes to clients, all packets counted",
    ),
)
_BY_TOPIC: Final = {each.topic: each for each in STATISTICS}


class UnreadableStatisticError(ValueError):
    """The broker sent something else than a number for one of its statistics."""


def parse(topic: str, payload: bytes) -> tuple[Statistic, int] | None:
    """Return which number it is; None when nobody asked for it.

    Raises:
        UnreadableStatisticError: the payload is no whole number of at most 18 digits.
    """
    statistic = _BY_TOPIC.get(topic)
    if statistic is None:
        return None
    if not _NUMBER.match(payload):
        raise UnreadableStatisticError(f"{topic}: {payload[:40]!r}")
    return statistic, int(payload)
