"""Answers every message of one tracker with itself: what is left of a press without a dispatcher.

    python -m bench.panic.echo PORT CA CERT KEY DEVICE

Its MQTT client is the dispatcher's, with TCP_NODELAY.
"""

import sys
from pathlib import Path
from threading import Event

from contract.topics import HISTORY, STORED
from runtime.mqtt.link import Incoming, Link, LinkSettings, Up


class Echo:
    """LinkHandler."""

    def __init__(self, port: str, ca: str, cert: str, key: str, device: str) -> None:
        self._to = STORED.of(device)
        settings = LinkSettings(
            brokers=(f"mqtts://127.0.0.1:{port}",), client_id="svc.ingest.2", ca_file=Path(ca),
            cert_file=Path(cert), key_file=Path(key), username=None, password=None, keepalive_s=30,
            session_expiry_s=0, receive_maximum=200, send_buffer=None, clean_start=True,
        )  # fmt: skip
        self._link = Link(settings, self, subscriptions=[HISTORY.of(device)])
        self._link.start()

    def on_up(self, up: Up) -> None:
        """Say that it is ready."""
        del up
        print("up", flush=True)

    def on_down(self, connection: int, reason: str) -> None:
        """Nothing: it connects again."""

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        """Nothing."""

    def on_message(self, message: Incoming) -> None:
        """Send it back, then acknowledge, as the dispatcher does."""
        self._link.publish(self._to, message.payload)
        self._link.acknowledge(message)


if __name__ == "__main__":
    Echo(*sys.argv[1:6])
    Event().wait()
