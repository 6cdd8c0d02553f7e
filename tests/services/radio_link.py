"""A slow and lossy link: two network namespaces joined by a cable, as Linux can make one.

The servers live in the namespace of this process, which must be one of its own (`unshare --net`),
the tracker in the other. The kernel needs neither netem nor a second machine: `tbf` makes the link
slow, a random DROP in both directions makes it lossy.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SERVER = "10.77.0.1"
TRACKER = "10.77.0.2"
_HERE, _THERE = "guardian0", "guardian1"
_LIMIT_BYTES = 20_000
"""What the modem queues; more is dropped, as a modem does."""
TOOLS = ("unshare", "nsenter", "ip", "tc", "iptables")


def available() -> bool:
    """Say whether the tools are here and namespaces may be made."""
    if not all(map(shutil.which, TOOLS)):
        return False
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return tried.returncode == 0


@dataclass(frozen=True)
class RadioLink:
    """The link, and how to run something behind it."""

    pid: int

    def behind(self, command: list[str]) -> list[str]:
        """Return the command that runs this one in the tracker's namespace."""
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--", *command]

    def make_slow(self, bits_per_s: int) -> None:
        """Let so many bits through each way."""
        shape = ["tbf", "rate", f"{bits_per_s}bit", "burst", "1600", "limit", str(_LIMIT_BYTES)]
        for device, where in ((_HERE, []), (_THERE, self.behind([]))):
            _run([*where, "tc", "qdisc", "replace", "dev", device, "root", *shape])

    def lose(self, share: float) -> None:
        """Lose this share of the packets each way; 1 cuts the link without a word."""
        drop = ["INPUT", "!", "-i", "lo", *_some(share), "-j", "DROP"]
        for where in ([], self.behind([])):
            _run([*where, "iptables", "-F", "INPUT"])
            if share:
                _run([*where, "iptables", "-A", *drop])


@contextmanager
def radio_link() -> Iterator[RadioLink]:
    """Join this process's namespace with a new one; the caller must be in one of its own."""
    holder = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "echo; exec sleep infinity"], stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()  # the namespace is there
        link = RadioLink(holder.pid)
        _run(["ip", "link", "set", "lo", "up"])
        _run(link.behind(["ip", "link", "set", "lo", "up"]))
        peer = ["peer", "name", _THERE, "netns", str(holder.pid)]
        _run(["ip", "link", "add", _HERE, "type", "veth", *peer])
        for device, address, where in (
            (_HERE, SERVER, []),
            (_THERE, TRACKER, link.behind([])),
        ):
            _run([*where, "ip", "address", "add", f"{address}/24", "dev", device])
            _run([*where, "ip", "link", "set", device, "up"])
        yield link
    finally:
        holder.kill()
        holder.wait()
        if holder.stdout is not None:
            holder.stdout.close()


def _some(share: float) -> list[str]:
    if share >= 1:
        return []
    return ["-m", "statistic", "--mode", "random", "--probability", str(share)]


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True)
