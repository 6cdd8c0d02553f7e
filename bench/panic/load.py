"""Telemetry beside the presses: one tracker's connection that publishes positions at a rate.

    python -m bench.panic.load PORT CA CERT KEY DEVICE RATE

RATE 0 is as fast as the broker answers; prints the answers of each second.
"""

import socket
import ssl
import sys
import time

from bench.ingest.load import packets
from bench.panic.trackers import PACKET_BYTES, settings_of
from contract.topics import LOCATION
from runtime.mqtt.protocol import requests
from runtime.mqtt.protocol.packets import PublishAnswered
from runtime.mqtt.protocol.receiver import Receiver

IN_FLIGHT = 5_000
BURST_S = 0.005


def main(*arguments: str) -> None:
    """Publish until killed."""
    port, ca, cert, key, device, rate = arguments
    context = ssl.create_default_context(cafile=ca)
    context.load_cert_chain(cert, key)
    sock = context.wrap_socket(socket.create_connection(("127.0.0.1", int(port)), 30),
                               server_hostname="127.0.0.1")  # fmt: skip
    receiver = Receiver(1, maximum_packet_size=PACKET_BYTES, window=10)
    sock.sendall(requests.connect(settings_of(device), None, PACKET_BYTES))
    receiver.feed(sock.recv(4096))
    _publish(sock, receiver, _message(device), int(rate))


def _message(device: str) -> bytes:
    """Return one position as a PUBLISH; the packet ids need not differ for the broker to answer."""
    sample = next(packets(1, 1, time.time_ns() // 1_000_000))
    payload = sample[sample.index(b"{") :]
    return requests.publish(1, LOCATION.of(device), payload, retain=False, expiry_s=None)


def _publish(sock: ssl.SSLSocket, receiver: Receiver, message: bytes, rate: int) -> None:
    sent = answered = counted = 0
    started = said = time.monotonic()
    sock.settimeout(0.001)
    while True:
        now = time.monotonic()
        due = int((now - started) * rate) if rate else sent + 500
        room = min(due - sent, IN_FLIGHT - (sent - answered), 500)
        if room > 0:
            sock.settimeout(30)
            sock.sendall(message * room)
            sock.settimeout(BURST_S if rate else 0.0005)
            sent += room
        try:
            answers = receiver.feed(sock.recv(PACKET_BYTES))
            answered += sum(isinstance(each, PublishAnswered) for each in answers)
        except TimeoutError:
            pass
        if now - said >= 1:
            print(f"{(answered - counted) / (now - said):.0f}", flush=True)
            said, counted = now, answered


if __name__ == "__main__":
    main(*sys.argv[1:7])
