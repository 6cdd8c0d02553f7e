"""The real Grafana in a container, of the image and with the settings of docker-compose.yml.

It uses the host's network (Linux), because both data sources listen on loopback alone.
"""

import json
import shutil
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import docker
import pytest
import yaml
from docker.errors import APIError, DockerException, ImageNotFound
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from grafana.provisioning_files import TOKEN_FILE, data_sources
from guardian.demo.probes import free_ports
from tests.integration.dashboards.asking import Asker
from tests.integration.dashboards.boards import ROOT
from tests.services.choice import docker_answers, wait_until

PASSWORD = "a password for the test"
COMMAND = (
    "with Docker and its registry: .venv/bin/pytest tests/integration/dashboards/test_grafana.py"
)
READY_S = 120
LOG_CHARS = 20_000
# Its reaper is an image of its own; the fixture cleans up.
testcontainers_config.ryuk_disabled = True


def require_image() -> None:
    """Skip when the image is not to be had: the one test that may, whatever is required."""
    image = _service()["image"]
    if not docker_answers():
        pytest.skip(f"no container engine runs; {COMMAND}")
    client = docker.from_env()
    try:
        client.images.get(image)
    except ImageNotFound:
        try:
            client.images.pull(image)
        except (APIError, DockerException) as error:
            pytest.skip(f"{image} cannot be pulled ({type(error).__name__}); {COMMAND}")
    finally:
        client.close()


class GrafanaServer:
    """The container, and its API asked as an administrator."""

    def __init__(self, folder: Path, asker: Asker) -> None:
        """Start it on the asker's data sources."""
        service = _service()
        port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{port}"
        mounts = _files(folder, asker)
        self._container = DockerContainer(service["image"], network_mode="host", user="0")
        for outside, inside in mounts.items():
            self._container.with_volume_mapping(str(outside), inside, "ro")
        own = {
            "GF_SERVER_HTTP_ADDR": "127.0.0.1",
            "GF_SERVER_HTTP_PORT": str(port),
            "GF_SECURITY_ADMIN_PASSWORD": PASSWORD,
        }
        for name, value in (_settings(service) | own).items():
            self._container.with_env(name, value)
        self._container.start()

    def await_ready(self) -> None:
        """Wait until it serves."""
        wait_until(self._answers, "Grafana to answer", READY_S)

    def get(self, path: str) -> Any:
        """Ask its API."""
        return self._ask(Request(f"{self.url}{path}"))

    def query(self, queries: list[dict[str, Any]], from_ms: int, to_ms: int) -> dict[str, Any]:
        """Send a panel's queries, their variables put in, and return the result of each."""
        body = {"queries": queries, "from": str(from_ms), "to": str(to_ms)}
        headers = {"Content-Type": "application/json"}
        request = Request(f"{self.url}/api/ds/query", json.dumps(body).encode(), headers)
        answer: dict[str, Any] = self._ask(request)["results"]
        return answer

    def log(self) -> str:
        """Return what it has logged."""
        out, err = self._container.get_logs()
        return (out + err).decode(errors="replace")

    def stop(self) -> None:
        """Remove the container; pytest shows its log when a test has failed."""
        sys.stdout.write(self.log()[-LOG_CHARS:])
        self._container.stop()

    def _answers(self) -> bool:
        try:
            return bool(self.get("/api/health")["database"] == "ok")
        except (URLError, ConnectionError):
            return False

    def _ask(self, request: Request) -> Any:
        credentials = b64encode(f"admin:{PASSWORD}".encode()).decode()
        request.add_header("Authorization", f"Basic {credentials}")
        try:
            with urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except HTTPError as error:
            text = error.read().decode(errors="replace")
            if request.full_url.endswith("/api/ds/query"):
                return json.loads(text)  # 400 when one query failed; its result says which and why
            raise AssertionError(f"{request.full_url}: {error.code} {text}") from error


def _service() -> dict[str, Any]:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    service: dict[str, Any] = yaml.safe_load(text)["services"]["grafana"]
    return service


def _settings(service: dict[str, Any]) -> dict[str, str]:
    """Return the settings of Compose that need no `.env` and no volume."""
    return {
        name: value
        for name, value in service["environment"].items()
        if "$" not in value and not value.startswith("/var/")
    }


def _files(folder: Path, asker: Asker) -> dict[Path, str]:
    """Return our own provisioning, with the addresses of this test, and where each belongs."""
    provisioning = folder / "provisioning"
    shutil.copytree(ROOT / "grafana" / "provisioning", provisioning)
    sources = data_sources(
        influxdb_url=asker.influxdb, bucket=asker.bucket, prometheus_url=asker.prometheus
    )
    path = provisioning / "datasources" / "guardian.yaml"
    path.write_text(yaml.safe_dump(json.loads(json.dumps(sources))), encoding="utf-8")
    token = folder / "token"
    token.write_text(asker.token, encoding="utf-8")
    return {
        provisioning: "/etc/grafana/provisioning",
        ROOT / "grafana" / "dashboards": "/etc/grafana/dashboards",
        token: TOKEN_FILE,
    }
