"""Many trackers in one thread: each a TLS connection of its own, with little code."""

import selectors
import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from broker_config import authority
from contract.topics import RECEIPT, STORED
from guardian.demo.scene import Scene
from runtime.mqtt.interface import Incoming, LinkSettings
from runtime.mqtt.protocol import requests
from runtime.mqtt.protocol.packets import Accepted, PublishAnswered
from runtime.mqtt.protocol.receiver import Receiver

PACKET_BYTES = 65_536
Take = Callable[["Tracker", Incoming], None]


class Tracker:
    """One connection, with TCP_NODELAY; its socket does not block once it is connected."""

    def __init__(self, scene: Scene, device: str, *, nodelay: bool = True) -> None:
        """Connect with a certificate of its own; raises OSError."""
        self.device = device
        self.answered: dict[int, float] = {}
        self._packet = 0
        context = _context(scene, device)
        plain = socket.create_connection(("127.0.0.1", scene.tracker_port), 30)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, nodelay)
        self.sock = context.wrap_socket(plain, server_hostname="127.0.0.1")
        self._receiver = Receiver(1, maximum_packet_size=PACKET_BYTES, window=1000)
        self.sock.sendall(requests.connect(settings_of(device), None, PACKET_BYTES))
        if not isinstance(self._receiver.feed(self.sock.recv(4096))[0], Accepted):
            raise ConnectionError(f"{device} is not admitted")
        self.sock.sendall(requests.subscribe(1, [RECEIPT.of(device), STORED.of(device)]))
        self._receiver.feed(self.sock.recv(4096))

    def send(self, topic: str, payload: bytes) -> int:
        """Publish at QoS 1 and return the packet id."""
        self._packet = self._packet % 65_535 + 1
        data = requests.publish(self._packet, topic, payload, retain=False, expiry_s=None)
        self.sock.setblocking(True)
        self.sock.sendall(data)
        self.sock.setblocking(False)
        return self._packet

    def read(self, take: Take) -> None:
        """Take what has come: messages are acknowledged, answers dated."""
        now = time.monotonic()
        for packet in self._receiver.feed(self._received()):
            if isinstance(packet, Incoming):
                self.sock.send(requests.pubacks([packet.packet]))
                take(self, packet)
            elif isinstance(packet, PublishAnswered):
                self.answered[packet.packet] = now

    def _received(self) -> bytes:
        pieces = []
        try:
            while data := self.sock.recv(PACKET_BYTES):
                pieces.append(data)
        except ssl.SSLWantReadError:
            return b"".join(pieces)
        raise ConnectionError(f"{self.device}: the broker closed the connection")


class Crowd:
    """Trackers whose messages arrive in one place, as soon as they are there."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._selector = selectors.DefaultSelector()

    def add(self, tracker: Tracker) -> None:
        """Watch one more."""
        tracker.sock.setblocking(False)
        self._selector.register(tracker.sock, selectors.EVENT_READ, tracker)

    def work_until(self, at: float) -> None:
        """Read until this monotonic instant."""
        while (left := at - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                key.data.read(self._take)


def certificate(scene: Scene, device: str) -> tuple[Path, Path]:
    """Make a tracker's certificate and key with the trackers' authority; return their files."""
    folder = scene.folder / "bench"
    folder.mkdir(exist_ok=True)
    cert, key = folder / f"{device}.crt", folder / f"{device}.key"
    if not cert.exists():
        ca = scene.enrolment._pki.authority("tracker")  # noqa: SLF001 - a thousand of them, quickly
        made = authority.make_client(ca, device, datetime.now(UTC) + timedelta(days=2))
        cert.write_bytes(made.issued.certificate)
        key.write_bytes(made.key)
    return cert, key


def _context(scene: Scene, device: str) -> ssl.SSLContext:
    cert, key = certificate(scene, device)
    context = ssl.create_default_context(cafile=str(scene.ca))
    context.load_cert_chain(cert, key)
    return context


def settings_of(device: str) -> LinkSettings:
    """Return what a connection that remembers nothing asks for."""
    return LinkSettings(
        brokers=(), client_id=device, ca_file=None, cert_file=None, key_file=None, username=None,
        password=None, keepalive_s=0, session_expiry_s=0, receive_maximum=1000, send_buffer=None,
        clean_start=True,
    )  # fmt: skip
