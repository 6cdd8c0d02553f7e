"""A real Mosquitto with a configuration of the test's, that can be killed and started again."""

import signal
import subprocess
from pathlib import Path
from typing import Protocol

from testcontainers.core.container import DockerContainer

from guardian.demo.probes import listening
from tests.services.choice import (
    CONTAINERS_ONLY,
    binary,
    docker_answers,
    missing,
    wait_until,
)
from tests.services.container import on_loopback

IMAGE = "guardian-test/mosquitto:local"
OFFICIAL = "eclipse-mosquitto:2"


class Mosquitto(Protocol):
    """A broker under test; `folder` holds all its files, `ports` are those of its listeners."""

    def start(self) -> None:
        """Start it and wait until every listener accepts."""

    def kill(self) -> None:
        """End it as a power cut does."""

    def reload(self) -> None:
        """Make it read its ACL and revocation list again (SIGHUP)."""

    def stop(self) -> None:
        """End it in order."""

    def log(self) -> str:
        """Return what it has logged."""


class NativeMosquitto:
    """Mosquitto as a process of this machine."""

    def __init__(self, program: Path, config: Path, ports: tuple[int, ...]) -> None:
        self._command = [str(program), "-c", str(config)]
        self._ports = ports
        self._log = config.parent / "mosquitto.test.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        process = self._process
        wait_until(
            lambda: process.poll() is not None or all(map(listening, self._ports)),
            "Mosquitto to listen",
        )
        assert process.poll() is None, f"Mosquitto ended at once:\n{self.log()}"

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def reload(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(10)
            self._process = None


class ContainerMosquitto:
    """Mosquitto in a container, its folder mounted under the same path."""

    def __init__(self, config: Path, ports: tuple[int, ...]) -> None:
        self._config = config
        self._ports = ports
        self._container: DockerContainer | None = None
        self._log = ""

    def start(self) -> None:
        folder = str(self._config.parent)
        container = on_loopback(IMAGE, OFFICIAL, {port: port for port in self._ports})
        container = container.with_volume_mapping(folder, folder, "rw")
        self._container = container.with_command(f"mosquitto -c {self._config}").start()
        wait_until(lambda: "running" in self.log(), "Mosquitto's container to run")
        wait_until(lambda: all(map(listening, self._ports)), "Mosquitto's container to listen")

    def kill(self) -> None:
        self._signal("SIGKILL")
        self.stop()

    def stop(self) -> None:
        if self._container is not None:
            self._log = self.log()
            self._container.stop()
            self._container = None

    def reload(self) -> None:
        self._signal("SIGHUP")

    def log(self) -> str:
        if self._container is None:
            return self._log
        out, err = self._container.get_logs()
        return (out + err).decode(errors="replace")

    def _signal(self, name: str) -> None:
        if self._container is not None:
            self._container.get_wrapped_container().kill(name)


def mosquitto(config: Path, *ports: int) -> Mosquitto:
    """Return a broker, not yet started, for this configuration file and its listeners' ports."""
    program = binary("mosquitto")
    if program is not None:
        return NativeMosquitto(program, config, ports)
    if docker_answers():
        return ContainerMosquitto(config, ports)
    how = "no container engine runs" if CONTAINERS_ONLY else "run tools/install-mosquitto.sh"
    missing("Mosquitto", how)
