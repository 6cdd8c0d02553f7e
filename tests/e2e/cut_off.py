"""A network namespace with loopback alone: what asks for the internet is refused and counted."""

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.services.choice import missing

_HOLD = """
import fcntl, socket, struct, sys
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
print("up", flush=True)
sys.stdin.read()
"""
_REFUSED = {"snmp": "OutNoRoutes", "snmp6": "Ip6OutNoRoutes"}


@dataclass
class CutOff:
    """Lives until its `with` ends; programs are started in it by a prefix to their commands."""

    def __enter__(self) -> Self:
        if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("nsenter"):
            missing("A network namespace", "run as root on Linux with util-linux")
        self._holder = subprocess.Popen(
            ["unshare", "--net", sys.executable, "-c", _HOLD],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != "up\n":
            _, why = self._holder.communicate()
            missing("A network namespace", f"this machine does not permit it: {why[-200:]}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._holder.communicate()

    @property
    def prefix(self) -> list[str]:
        """Return what starts a program in here."""
        return ["nsenter", f"--net=/proc/{self._holder.pid}/ns/net", "--"]

    def wrapped(self, script: Path, *command: str) -> Path:
        """Write a program that starts a command in here, and return it."""
        words = shlex.join([*self.prefix, *command])
        script.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        script.chmod(0o755)
        return script

    def refused(self) -> tuple[int, int]:
        """Return for how much there was no way since the beginning, by IPv4 and by IPv6."""
        return self._counter("snmp"), self._counter("snmp6")

    def interfaces(self) -> list[str]:
        lines = self._file("dev").read_text().splitlines()[2:]
        return [line.partition(":")[0].strip() for line in lines]

    def _counter(self, name: str) -> int:
        lines = [line.split() for line in self._file(name).read_text().splitlines()]
        if name == "snmp6":
            return next(int(value) for key, value in lines if key == _REFUSED[name])
        head, values = [line for line in lines if line[0] == "Ip:"]
        return int(values[head.index(_REFUSED[name])])

    def _file(self, name: str) -> Path:
        return Path(f"/proc/{self._holder.pid}/net/{name}")
