"""A real Prometheus with our configuration, its targets and intervals aside."""

import signal
import subprocess
from pathlib import Path

import yaml

from guardian.demo.probes import free_ports, healthy
from tests.services.choice import binary, missing, wait_until

CONFIGURATION = Path(__file__).parents[3] / "prometheus" / "prometheus.yml"
SCRAPE = "500ms"


class Prometheus:
    """The process and its files."""

    def __init__(self, folder: Path, targets: dict[str, str]) -> None:
        """Take the address to ask for each job."""
        program = binary("prometheus")
        if program is None:
            missing("Prometheus", "run tools/install-prometheus.sh")
        port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{port}"
        folder.mkdir()
        config = folder / "prometheus.yml"
        config.write_text(yaml.safe_dump(_configuration(targets)))
        command = [
            str(program),
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        self._log = folder / "prometheus.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(lambda: healthy(f"{self.url}/-/ready"), "Prometheus to be ready")

    def stop(self) -> None:
        """End it."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)


def _configuration(targets: dict[str, str]) -> dict[str, object]:
    """Return our file with other targets, so that a job we forgot is missed here too."""
    config: dict[str, object] = yaml.safe_load(CONFIGURATION.read_text())
    jobs = [
        {
            **job,
            "scrape_interval": SCRAPE,
            "scrape_timeout": SCRAPE,
            "static_configs": [{"targets": [targets[job["job_name"]]]}],
        }
        for job in yaml.safe_load(CONFIGURATION.read_text())["scrape_configs"]
    ]
    rules = str(CONFIGURATION.with_name("rules.yml"))
    quick = {"scrape_interval": SCRAPE, "evaluation_interval": SCRAPE}
    return config | {"global": quick, "rule_files": [rules], "scrape_configs": jobs}
