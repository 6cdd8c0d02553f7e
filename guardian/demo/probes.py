"""Looking at loopback: free ports, who listens, who is well, and where Mosquitto is."""

import os
import shutil
import socket
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from contract.errors import GuardianError

HOST = "127.0.0.1"
PROBE_S = 1.0
"""Loopback answers in milliseconds, or nobody is there."""
FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
"""Where Mosquitto lies on Debian and with Homebrew; often not in a user's PATH."""
_direct = build_opener(ProxyHandler({}))
"""A laptop's http_proxy knows nothing of our loopback."""


class MosquittoMissingError(GuardianError):
    """There is no Mosquitto on this machine; run tools/install-mosquitto.sh."""


def free_ports(count: int) -> list[int]:
    """Return different ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def listening(port: int) -> bool:
    """Say whether somebody accepts connections on this port."""
    with socket.socket() as probe:
        probe.settimeout(PROBE_S)
        return probe.connect_ex((HOST, port)) == 0


def healthy(url: str) -> bool:
    """Say whether this address answers with 200."""
    try:
        with _direct.open(url, timeout=PROBE_S) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - OK
    except (URLError, OSError):
        return False


def find_mosquitto() -> Path:
    """Return Mosquitto's path.

    Raises:
        MosquittoMissingError: it is not installed.
    """
    places = os.pathsep.join([os.environ.get("PATH", ""), *FOLDERS])
    found = shutil.which("mosquitto", path=places)
    if found is None:
        raise MosquittoMissingError("Mosquitto is missing; run: tools/install-mosquitto.sh")
    return Path(found)
