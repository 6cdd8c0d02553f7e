"""A server and a tracker, installed by typing what docs/install.md says."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.integration.systemd.machine import Machine
from tests.integration.systemd.page import Block, blocks, packages
from tests.services.choice import CACHE, binary, missing, wait_until

ROOT = Path(__file__).resolve().parents[3]
HOST = "guardian.example.org"
PASSWORD = "correct horse battery staple"
AGENT = "--config /etc/guardian/agent.toml"
UNITS = ("guardian-broker", "guardian-ingest", "guardian-dispatcher", "guardian-watch")
LINK_S = 60
"""A tracker's pause between two attempts to connect is 30 s at most."""
SOURCE = "usr/local/src/guardian"
WHEELS = "root/wheels"

_INFLUXDB_UNIT = """\
# Stands for the unit of InfluxData's package, which starts it and waits until it answers.
[Service]
Environment=INFLUXD_CONFIG_PATH=/etc/influxdb/config.toml
ExecStart=/usr/bin/influxd run
ExecStartPost=/usr/bin/curl --silent --retry 60 --retry-delay 1 --retry-connrefused \
    http://127.0.0.1:8086/health
Restart=always
LimitNOFILE=65536
[Install]
WantedBy=multi-user.target
"""
_INFLUXDB_CONFIG = """\
bolt-path = "/var/lib/influxdb/influxd.bolt"
sqlite-path = "/var/lib/influxdb/influxd.sqlite"
engine-path = "/var/lib/influxdb/engine"
"""
_RECEIVER = """\
import time
from pathlib import Path
from guardian.demo.feeder import Receiver
from guardian.demo.playback import recorded
from runtime.clock import SystemClock

receiver = Receiver(recorded("walk"), SystemClock())
port = Path("/dev/ttyGPS")
port.unlink(missing_ok=True)
port.symlink_to(receiver.port)
Path(receiver.port).chmod(0o666)
receiver.start()
while True:
    time.sleep(60)
"""


class Site:
    """Two machines that share one network, which is a loopback without a way out."""

    def __init__(self, folder: Path, choices: frozenset[str]) -> None:
        """Take an empty folder, and which of the page's choices are made: influxdb, sqlite ..."""
        debian = _debian()
        self._choices = choices
        self._network = f"guardian-{os.getpid()}-{len(choices)}"
        subprocess.run(["ip", "netns", "add", self._network], check=True)
        _in_network(self._network, "ip", "link", "set", "lo", "up")
        network = Path("/run/netns") / self._network
        self.server = Machine("server", debian / "tree", folder / "server", network)
        self.tracker = Machine("tracker", debian / "tree", folder / "tracker", network)
        for machine in (self.server, self.tracker):
            _furnish(machine, debian / "wheels")
        _bring_source(self.server)
        self._server_blocks = {"server", *choices}

    def install(self) -> None:
        """Follow the page from its first step to its last."""
        if "influxdb" in self._choices:
            _bring_influxdb(self.server)
        self.server.boot()
        self.tracker.boot()
        for block in blocks():
            self._follow(block)

    def close(self) -> None:
        """End both machines and their network."""
        for machine in (self.tracker, self.server):
            machine.remove()
        subprocess.run(["ip", "netns", "delete", self._network], check=True)

    def type(self, where: str) -> None:
        """Type the blocks of one choice, such as `uninstall`."""
        for block in blocks():
            if block.where == where:
                self.server.run(block.text)

    def stages(self) -> list[str | None]:
        """Return the stage of each press, as the tracker knows it."""
        return [each["stage"] for each in self.status()["panics"]]

    def status(self) -> dict[str, Any]:
        """Ask the agent how it is; one that is starting has no connection and knows of no press."""
        answer = self.tracker.run(f"guardian agent status --json {AGENT}", check=False)
        parsed: dict[str, Any] = json.loads(answer or '{"link": {"up": false}, "panics": []}')
        return parsed

    def wait_for_link(self) -> None:
        """Wait until the tracker is connected."""
        wait_until(lambda: self.status()["link"]["up"], "the tracker to connect", LINK_S)

    def press(self) -> str:
        """Press, wait for the receipt, and return the press's id."""
        before = {each["panic_id"] for each in self.status()["panics"]}
        self.tracker.run("systemctl kill --kill-whom=main --signal=USR1 guardian-agent")

        def received() -> list[str]:
            news = [each for each in self.status()["panics"] if each["panic_id"] not in before]
            return [each["panic_id"] for each in news if each["stage"]]

        wait_until(received, "the receipt", LINK_S)
        return received()[0]

    def stage(self, panic: str) -> str | None:
        """Return the stage of a press, as the tracker knows it."""
        (found,) = (each for each in self.status()["panics"] if each["panic_id"] == panic)
        stage: str | None = found["stage"]
        return stage

    def wrapped(self, program: Path, folder: Path) -> Path:
        """Return a script that starts a program of this machine in the network of the two."""
        script = folder / program.name
        script.write_text(f'#!/bin/sh\nexec ip netns exec {self._network} {program} "$@"\n')
        script.chmod(0o700)
        return script

    def metric(self, port: int, sample: str) -> float:
        """Return the value of a sample, 0 where it is not there."""
        text = self.server.run(f"curl --silent --fail http://127.0.0.1:{port}/metrics")
        values = [line.split()[-1] for line in text.splitlines() if line.startswith(f"{sample} ")]
        return float(values[0]) if values else 0.0

    def readable(self, unit: str, user: str, paths: list[str]) -> list[str]:
        """Return which files this unit's process can read; without a user it is one made up."""
        number = self.server.property(unit, "MainPID")
        probe = "; ".join(
            f'if [ "$(head -c 1 {path} 2>/dev/null | wc -c)" = 1 ]; then echo {path}; fi'
            for path in paths
        )
        if user:
            who = f"--user --setuid=$(id -u {user}) --setgid=$(id -g {user})"
        else:  # made up at its start, with a capability that others have not
            who = ""
            probe = (
                f"setpriv --reuid=$(stat -c %u /proc/{number}) --clear-groups "
                f"--inh-caps=-all,+dac_read_search --ambient-caps=-all,+dac_read_search "
                f"--bounding-set=-all,+dac_read_search sh -c {shlex.quote(probe)}"
            )
        found = self.server.run(
            f"nsenter --target {number} --mount {who} sh -c {shlex.quote(probe)}"
        )
        return found.split()

    def _follow(self, block: Block) -> None:
        if block.where == "tracker":
            if "systemctl enable --now guardian-agent" in block.text:
                _plug_receiver_in(self.tracker)
            self.tracker.run(block.text)
        elif block.where in self._server_blocks:
            self.server.run(block.text, typed=f"{PASSWORD}\n")
            if named := re.search(r"^HOST=(.+)$", block.text, re.MULTILINE):
                self.server.environment["HOST"] = named[1]
            if "enroll add tracker-17" in block.text:
                _carry_over(self.server, self.tracker, "root/tracker-17")


def _debian() -> Path:
    if os.geteuid() != 0:
        missing("a machine to boot", "it needs root")
    for program in ("systemd-nspawn", "debootstrap"):
        if binary(program) is None:
            missing(program, "run tools/install-systemd.sh")
    made = subprocess.run(
        [ROOT / "tools" / "make-debian.sh", *packages()], check=True, capture_output=True, text=True
    )
    return Path(made.stdout.strip())


def _furnish(machine: Machine, wheels: Path) -> None:
    """Give it the server's name, and Python's packages without a network."""
    machine.write("/etc/hosts", f"127.0.0.1 localhost {machine.name} {HOST}\n")
    shutil.copytree(wheels, machine.root / WHEELS)
    machine.environment |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": f"/{WHEELS}"}


def _bring_source(server: Machine) -> None:
    """Copy what is in the repository, as `git clone` would."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, names):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            target = server.root / SOURCE / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)


def _bring_influxdb(server: Machine) -> None:
    influxd = binary("influxd", CACHE / "bin")
    if influxd is None:
        missing("InfluxDB", "run tools/install-influxdb.sh")
    shutil.copy(influxd, server.root / "usr/bin/influxd")
    server.write("/usr/lib/systemd/system/influxdb.service", _INFLUXDB_UNIT)
    server.write("/etc/influxdb/config.toml", _INFLUXDB_CONFIG)
    (server.root / "var/lib/influxdb").mkdir()


def _plug_receiver_in(tracker: Machine) -> None:
    tracker.write("/root/receiver.py", _RECEIVER)
    tracker.write("/etc/systemd/system/receiver.service", (
        "[Service]\nExecStart=/opt/guardian/bin/python /root/receiver.py\n"
        "[Install]\nWantedBy=multi-user.target\n"
    ))  # fmt: skip
    tracker.run("systemctl enable --now receiver")
    tracker.run(
        "sed -i 's|^serial_port = .*|serial_port = \"/dev/ttyGPS\"|' /etc/guardian/agent.toml"
    )


def _carry_over(source: Machine, target: Machine, folder: str) -> None:
    shutil.copytree(source.root / folder, target.root / folder)


def _in_network(name: str, *command: str) -> None:
    subprocess.run(["ip", "netns", "exec", name, *command], check=True)
