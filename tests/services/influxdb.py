"""A real InfluxDB 2, set up with an organisation and an administrator's token."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from influxdb_client import InfluxDBClient

from guardian.demo.probes import free_ports, healthy
from tests.services.choice import (
    CACHE,
    CONTAINERS_ONLY,
    binary,
    docker_answers,
    missing,
    wait_until,
)
from tests.services.container import on_loopback

IMAGE = "guardian-test/influxdb:2.7.12"
OFFICIAL = "influxdb:2.7.12"
ORG = "guardian"
ADMIN_TOKEN = "test-administrator-token"


class _Server(Protocol):
    def start(self) -> None: ...
    def kill(self) -> None: ...
    def stop(self) -> None: ...


@dataclass
class InfluxDB:
    """A server under test: its address, the administrator's token, and the means to kill it."""

    url: str
    org: str
    token: str
    server: _Server

    def start(self) -> None:
        """Start it again after a kill, and wait until it answers."""
        self.server.start()

    def kill(self) -> None:
        """End it as a power cut does; its files stay."""
        self.server.kill()

    def stop(self) -> None:
        """End it in order."""
        self.server.stop()


def _answers(port: int) -> bool:
    """Say whether it serves; a container's port is open long before."""
    return healthy(f"http://127.0.0.1:{port}/health")


class _Native:
    def __init__(self, program: Path, folder: Path, port: int) -> None:
        self._port = port
        self._log = folder / "influxd.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._command = [
            str(program), "run", "--ui-disabled", "--reporting-disabled",
            "--bolt-path", str(folder / "influxd.bolt"),
            "--sqlite-path", str(folder / "influxd.sqlite"),
            "--engine-path", str(folder / "engine"),
            "--http-bind-address", f"127.0.0.1:{port}",
        ]  # fmt: skip

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        wait_until(lambda: _answers(self._port), "influxd to answer", 60)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None


class _Container:
    def __init__(self, folder: Path, port: int) -> None:
        self._port = port
        self._container = on_loopback(IMAGE, OFFICIAL, {8086: port}).with_volume_mapping(
            str(folder), "/var/lib/influxdb2", "rw"
        )
        self._created = False

    def start(self) -> None:
        if self._created:
            self._container.get_wrapped_container().start()
        else:
            self._container.start()
            self._created = True
        wait_until(lambda: _answers(self._port), "InfluxDB's container to answer", 60)

    def kill(self) -> None:
        self._container.get_wrapped_container().kill("SIGKILL")

    def stop(self) -> None:
        self._container.stop()


class _Given:
    """A server that was given by its address; it cannot be killed."""

    def start(self) -> None:
        """Nothing: it runs."""

    def kill(self) -> None:
        missing("an InfluxDB that may be killed", "INFLUXDB_V2_URL names one of yours")

    def stop(self) -> None:
        """Nothing: it is not ours."""


def influxdb(folder: Path) -> InfluxDB:
    """Return a started server, set up; files in `folder`."""
    given = os.environ.get("GUARDIAN_TEST_INFLUXDB_URL")
    if given:
        org = os.environ.get("GUARDIAN_TEST_INFLUXDB_ORG", ORG)
        return InfluxDB(given, org, os.environ["GUARDIAN_TEST_INFLUXDB_TOKEN"], _Given())
    port = free_ports(1)[0]
    found = InfluxDB(f"http://127.0.0.1:{port}", ORG, ADMIN_TOKEN, _server(folder, port))
    found.start()
    _set_up(found.url)
    return found


def _server(folder: Path, port: int) -> _Server:
    program = binary("influxd", CACHE / "bin")
    if program is not None and not CONTAINERS_ONLY:
        return _Native(program, folder, port)
    if docker_answers():
        return _Container(folder, port)
    missing("InfluxDB", "run tools/install-influxdb.sh, or start a container engine")


def _set_up(url: str) -> None:
    from influxdb_client import OnboardingRequest  # noqa: PLC0415 - slow to import
    from influxdb_client.service.setup_service import SetupService  # noqa: PLC0415

    with InfluxDBClient(url, token="") as client:
        SetupService(client.api_client).post_setup(
            OnboardingRequest(
                username="admin",
                password="test-password",
                org=ORG,
                bucket="first",
                token=ADMIN_TOKEN,
            )
        )
