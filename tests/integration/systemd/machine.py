"""A Debian with systemd as its first process, booted in a container without a way out."""

import os
import signal
import socket
import struct
import subprocess
from pathlib import Path

from tests.services.choice import wait_until

BOOT_S = 60
COMMAND_S = 120
_LISTEN = "0A"
_ONE_TREE = {"UNIFIED_CGROUP_HIERARCHY": "yes"}
"""Control groups of version 2, as on every Debian since 11, also where this machine has others."""
_ENVIRONMENT = {
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "DEBIAN_FRONTEND": "noninteractive",
    "SYSTEMD_PAGER": "",
}


class Machine:
    """Made of a tree that stays as it is; what the machine writes lies in a folder of its own."""

    def __init__(self, name: str, tree: Path, folder: Path, network: Path) -> None:
        """Take the tree, an empty folder, and the network namespace that machines share."""
        self.name = name
        self.root = folder / "root"
        self.environment: dict[str, str] = {}
        self._network = network
        self._log = folder / "console.log"
        self._process: subprocess.Popen[bytes] | None = None
        upper, work = folder / "upper", folder / "work"
        for each in (self.root, upper, work):
            each.mkdir(parents=True)
        options = f"lowerdir={tree},upperdir={upper},workdir={work}"
        subprocess.run(
            ["mount", "-t", "overlay", "overlay", "-o", options, str(self.root)], check=True
        )

    def boot(self) -> None:
        """Start it, and wait until everything that starts at a boot has."""
        command = [
            "setpriv", "--pdeathsig=TERM", # it ends with us
            "systemd-nspawn", "--quiet", "--boot", f"--directory={self.root}",
            f"--machine={self.name}", f"--hostname={self.name}", "--register=no", "--keep-unit",
            "--link-journal=no", "--console=pipe", f"--network-namespace-path={self._network}",
            "--capability=CAP_NET_ADMIN", "--resolv-conf=off", "--timezone=off",
        ]  # fmt: skip
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | _ONE_TREE,
            )
        wait_until(self._is_up, f"{self.name} to boot, see {self._log}", BOOT_S)
        failed = self.run("systemctl --no-legend --plain --failed").split()
        assert not failed, failed

    def power_off(self) -> None:
        """Shut it down in order."""
        self._end(signal.SIGTERM)

    def cut_power(self) -> None:
        """End it without a warning to anybody in it."""
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        """Forget it and all that it wrote."""
        if self._process is not None:
            self.cut_power()
        subprocess.run(["umount", "--lazy", str(self.root)], check=True)

    def run(self, script: str, *, typed: str = "", check: bool = True) -> str:
        """Run it in a shell of root's and return what it prints; `typed` is the keyboard."""
        done = subprocess.run(
            self.entering("bash", "-euc", f"cd /root\n{script}"),
            input=typed, capture_output=True, text=True, timeout=COMMAND_S, check=False,
            env=_ENVIRONMENT | self.environment,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"{self.name}: {script}\n{done.stdout}{done.stderr}")
        return done.stdout

    def entering(self, *command: str) -> list[str]:
        """Return the command as one that runs inside."""
        leader = str(self._leader())
        return ["nsenter", "--all", "--root", "--wd", "--target", leader, "--", *command]

    def write(self, path: str, text: str, *, append: bool = False) -> None:
        """Write a file, also while it does not run."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a" if append else "w") as opened:
            opened.write(text)

    def journal(self, unit: str) -> str:
        """Return what a unit has logged."""
        return self.run(f"journalctl --no-pager --output=cat --unit={unit}")

    def property(self, unit: str, name: str) -> str:
        """Return what systemd knows of a unit."""
        return self.run(f"systemctl show --value --property={name} {unit}").strip()

    def listening(self) -> set[tuple[str, int]]:
        """Return the addresses and TCP ports on which somebody listens."""
        found = set()
        for kind, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
            for line in self.run(f"cat /proc/net/{kind}").splitlines()[1:]:
                _, local, _, state, *_ = line.split()
                if state == _LISTEN:
                    address, port = local.split(":")
                    # The kernel prints 32-bit words in the order of this machine.
                    words = struct.unpack(f">{len(address) // 8}I", bytes.fromhex(address))
                    packed = struct.pack(f"={len(words)}I", *words)
                    found.add((socket.inet_ntop(family, packed), int(port, 16)))
        return found

    def _is_up(self) -> bool:
        """Say whether it has booted, with or without failures."""
        process = self._process
        assert process is not None
        assert process.poll() is None, self._log.read_text(errors="replace")
        try:
            state = self.run("systemctl is-system-running", check=False).strip()
        except (LookupError, OSError):
            return False
        return state in ("running", "degraded")

    def _leader(self) -> int:
        """Return the process outside that is the first one inside."""
        assert self._process is not None
        number = self._process.pid
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
        if not children:
            raise LookupError("not there yet")
        return int(children[0])

    def _end(self, how: signal.Signals) -> None:
        assert self._process is not None
        children = [] if how == signal.SIGTERM else [self._leader()]
        self._process.send_signal(how)
        for each in children:
            os.kill(each, how)
        self._process.wait(BOOT_S)
        self._process = None
