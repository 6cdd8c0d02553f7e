"""The load: prepared position reports of many trackers, published at QoS 1."""

import socket
import time
from collections.abc import Iterator
from itertools import islice
from random import Random

from contract import codec
from contract.messages import Location
from contract.topics import LOCATION
from runtime.mqtt.interface import LinkSettings
from runtime.mqtt.protocol import requests
from runtime.mqtt.protocol.packets import Accepted
from runtime.mqtt.protocol.receiver import Receiver
from telemetry_store.influx.lines import lines
from telemetry_store.rows import LocationRow

CHUNK = 250
IN_FLIGHT = 5_000
"""Unanswered messages, so that the broker is never without work."""
BOOT = "0a1b2c3d"


def packets(
    messages: int, trackers: int, start_ms: int, *, as_lines: bool = False
) -> Iterator[bytes]:
    """Yield PUBLISH packets in chunks: every tracker in turn, one report a second.

    `as_lines`: the payload is line protocol already, which a tracker never sends.
    """
    random = Random(1)
    numbers = iter(range(messages))
    while chunk := list(islice(numbers, CHUNK)):
        yield b"".join(
            _packet(each, trackers, start_ms, random, as_lines=as_lines) for each in chunk
        )


def _packet(number: int, trackers: int, start_ms: int, random: Random, *, as_lines: bool) -> bytes:
    device = f"tracker-{number % trackers:06d}"
    topic, seq = LOCATION.of(device), number // trackers
    place = _location(seq, start_ms + seq * 1000, random)
    payload = lines([LocationRow(device, place)]) if as_lines else codec.encode(place)
    return requests.publish(number % 65535 + 1, topic, payload, retain=False, expiry_s=None)


def _location(seq: int, time_ms: int, random: Random) -> Location:
    """Return what a tracker of ours reports: eleven fields, rounded as it rounds them."""
    return Location(
        boot=BOOT, seq=seq, time=time_ms,
        lat=round(25 + random.random(), 7), lon=round(121 + random.random(), 7),
        alt=round(random.uniform(0, 300), 1), speed=round(random.uniform(0, 30), 2),
        course=round(random.uniform(0, 360), 1), accuracy=round(random.uniform(2, 20), 1),
        hdop=round(random.uniform(0.6, 2), 2), satellites=random.randrange(5, 15),
        fix="gps", battery=random.randrange(101), trigger="interval", clock="gps",
    )  # fmt: skip


def publish(port: int, chunks: list[bytes], messages: int, rate: int | None) -> None:
    """Publish so many messages, at most `rate` a second, and wait until all is answered."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.settimeout(60)
        receiver = Receiver(1, maximum_packet_size=1_000_000, window=10)
        sock.sendall(requests.connect(_settings(), None, 1_000_000))
        accepted = receiver.feed(sock.recv(4096))
        if not isinstance(accepted[0], Accepted):
            raise ConnectionError(accepted)
        sent = answered = 0
        started = time.monotonic()
        for chunk in chunks:
            while sent - answered > IN_FLIGHT:
                answered += len(receiver.feed(sock.recv(65536)))
            sock.sendall(chunk)
            sent += CHUNK
            if rate is not None:
                time.sleep(max(0.0, started + sent / rate - time.monotonic()))
        while answered < messages:
            answered += len(receiver.feed(sock.recv(65536)))
        sock.sendall(requests.disconnect())


def _settings() -> LinkSettings:
    return LinkSettings(
        brokers=(), client_id="bench.load", ca_file=None, cert_file=None, key_file=None,
        username=None, password=None, keepalive_s=0, session_expiry_s=0, receive_maximum=10,
        send_buffer=None, clean_start=True,
    )  # fmt: skip
