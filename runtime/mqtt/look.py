"""Whether somebody listens at a broker's address, without a word of MQTT."""

import socket

from runtime.mqtt.address import BrokerAddress

TIMEOUT_S = 10.0
"""For each of its addresses: a mobile network that has to wake up takes some seconds."""


def answers_at(broker: BrokerAddress) -> bool:
    """Resolve the name and open a TCP connection, once, and close it again; may take long."""
    try:
        with socket.create_connection((broker.host, broker.port), TIMEOUT_S):
            return True
    except OSError:
        return False
