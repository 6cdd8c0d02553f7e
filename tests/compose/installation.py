"""docker-compose.yml brought up under a name, on ports and volumes of its own."""

import json
import os
import secrets
import shutil
import ssl
import subprocess
import tarfile
from functools import partial
from http.cookiejar import CookieJar
from io import BytesIO
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.request import HTTPCookieProcessor, HTTPSHandler, OpenerDirector, Request, build_opener

from guardian.demo.probes import free_ports
from tests.services.choice import CACHE, docker_answers, missing, wait_until

ROOT = Path(__file__).resolve().parents[2]
OVERRIDES = Path(__file__).parent
ONE_SHOTS = {"volumes", "pki", "store", "account"}
SERVICES = {"broker", "dispatcher", "influxdb", "ingest", "prometheus", "watch"}
"""What runs here: all but Grafana."""
_OURS = ("GUARDIAN_", "FIRST_", "GRAFANA_", "INFLUXDB_", "PROMETHEUS_", "COMPOSE_")
_TRACK = """
import json, os, sys
from runtime.settings import load
from telemetry_store.port import open_store
from telemetry_store.settings import StoreSettings
rows = open_store(load(StoreSettings, environ=os.environ)).track(sys.argv[1], 0, 2**42, 10**6)
print(json.dumps([[row.location.time, row.location.lat, row.location.lon] for row in rows]))
"""


class Installation:
    """What an operator has after `make env`, and what they can do with it."""

    def __init__(self, folder: Path, tag: str, *overrides: str) -> None:
        self.folder = folder
        self.project = f"guardian-test-{secrets.token_hex(4)}"
        self.env_file = folder / ".env"
        self.tracker_port, self.console_port, prometheus, grafana = free_ports(4)
        subprocess.run(["sh", ROOT / "tools/make-env.sh", self.env_file], check=True)
        self.set(
            GUARDIAN_HOST="localhost",
            GUARDIAN_TRACKERS_PORT=str(self.tracker_port),
            GUARDIAN_CONSOLE_PORT=str(self.console_port),
            PROMETHEUS_PORT=str(prometheus),
            GRAFANA_PORT=str(grafana),
            GUARDIAN_TAG=tag,
        )
        files = ["docker-compose.yml", OVERRIDES / "without-grafana.yml"]
        self._files = [*files, *(OVERRIDES / name for name in overrides)]

    def set(self, **values: str) -> None:
        """Change lines of .env."""
        kept = [
            line
            for line in self.env_file.read_text().splitlines()
            if line.partition("=")[0] not in values
        ]
        lines = [*kept, *(f"{name}={value}" for name, value in values.items())]
        self.env_file.write_text("\n".join(lines) + "\n")

    def env(self) -> dict[str, str]:
        """Return what .env says."""
        lines = (line.partition("=") for line in self.env_file.read_text().splitlines())
        return {name: value for name, _, value in lines if name and not name.startswith("#")}

    def compose(self, *words: str, extra: tuple[str, ...] = ()) -> bytes:
        """Run `docker compose`, with more override files in `extra`; return its output."""
        command = [*compose_command(), "--project-name", self.project]
        command += ["--project-directory", str(ROOT), "--env-file", str(self.env_file)]
        for file in [*self._files, *(OVERRIDES / name for name in extra)]:
            command += ["--file", str(file)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
        done = subprocess.run(
            [*command, *words],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stderr.decode(errors='replace')[-3000:]}"
        return done.stdout

    def up(self, *words: str, extra: tuple[str, ...] = ()) -> None:
        """Bring everything up in the background."""
        self.compose("up", "--detach", *words, extra=extra)

    def await_health(self, *services: str) -> None:
        """Wait until these are healthy, or all."""
        for service in services or sorted(SERVICES):
            wait_until(partial(self.is_healthy, service), f"{service}, healthy", 90)

    def is_healthy(self, service: str) -> bool:
        """Say what the health check found last."""
        return bool(self.inspect(service)["State"].get("Health", {}).get("Status") == "healthy")

    def down(self) -> None:
        """Take everything down; volumes stay."""
        self.compose("down", "--timeout", "20")

    def remove(self) -> None:
        """Leave nothing behind."""
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "3")

    def admin(self, *words: str) -> bytes:
        """Run a guardian command as docs/compose.md shows it."""
        return self.compose("run", "--rm", "-T", "admin", *words)

    def enrol(self, device: str) -> Path:
        """Enrol a tracker, and return the folder of its bundle."""
        archive = self.admin("enroll", "add", device, "--out", "-")
        with tarfile.open(fileobj=BytesIO(archive)) as bundle:
            bundle.extractall(self.folder, filter="data")
        return self.folder / device

    def containers(self, service: str) -> list[str]:
        """Return the ids of a service's containers, also of those that have ended."""
        labels = {"project": self.project, "service": service, "oneoff": "False"}
        words = [f"--filter=label=com.docker.compose.{key}={labels[key]}" for key in labels]
        return docker("ps", "--all", "--quiet", *words).decode().split()

    def inspect(self, service: str) -> Any:
        """Return what the engine says of the service's container."""
        (container,) = self.containers(service)
        return json.loads(docker("inspect", container))[0]

    def execute(self, service: str, *words: str) -> str:
        """Run a program in the service's container."""
        (container,) = self.containers(service)
        return docker("exec", container, *words).decode()

    def kill(self, service: str) -> None:
        """Kill its process as the kernel does; what `docker kill` ends is not started again."""
        pid = self.inspect(service)["State"]["Pid"]
        (image,) = {self.inspect("dispatcher")["Image"]}
        docker(
            "run", "--rm", "--pid", "host", "--user", "0", "--network", "none",
            "--entrypoint", "python3", image, "-c", f"import os; os.kill({pid}, 9)",
        )  # fmt: skip

    def track(self, device: str) -> list[tuple[int, float, float]]:
        """Return all positions that are in InfluxDB: time in ms, degrees."""
        rows = json.loads(self.execute("dispatcher", "python3", "-c", _TRACK, device))
        return [(time, lat, lon) for time, lat, lon in rows]

    def console(self, ca_file: Path) -> "Console":
        """Log in as the first user, with the password of .env."""
        url = f"https://localhost:{self.console_port}"
        return Console(url, ca_file, self.env()["FIRST_USER"], self.env()["FIRST_PASSWORD"])


class Console:
    """An operator at a browser, who trusts the authority of the bundle."""

    def __init__(self, url: str, ca_file: Path, name: str, password: str) -> None:
        self._url = url
        https = HTTPSHandler(context=ssl.create_default_context(cafile=str(ca_file)))
        self._opener: OpenerDirector = build_opener(https, HTTPCookieProcessor(CookieJar()))
        self.page("/login", json.dumps({"name": name, "password": password}).encode())
        self._csrf = self.api("session")["csrf"]

    def page(self, path: str, body: bytes | None = None) -> str:
        """Return a page."""
        headers = {"Content-Type": "application/json"}
        with self._opener.open(Request(self._url + path, body, headers), timeout=20) as answer:
            return str(answer.read().decode())

    def api(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask, or change something."""
        data = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"X-CSRF-Token": self._csrf}
        request = Request(f"{self._url}/api/v1/{path}", data, headers)
        with self._opener.open(request, timeout=20) as answer:
            return json.load(answer)


def docker(*words: str) -> bytes:
    """Run `docker` and return its output."""
    done = subprocess.run(["docker", *words], capture_output=True, check=False)
    assert done.returncode == 0, f"docker {words}: {done.stderr.decode(errors='replace')}"
    return done.stdout


def compose_command() -> list[str]:
    """Return how Compose is called here; without it or an engine the test is skipped."""
    own = CACHE / "bin" / "docker-compose"
    if not docker_answers():
        missing("Docker", "no container engine answers")
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if plugin.returncode == 0:
        return ["docker", "compose"]
    if shutil.which(own) is None:
        missing("Docker Compose 2", "run tools/install-compose.sh")
    return [str(own)]


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._begin = monotonic()

    def __call__(self) -> float:
        return monotonic() - self._begin
