"""The alert rules and the configurations of Prometheus, judged by promtool."""

import subprocess
from pathlib import Path

import pytest
import yaml

from grafana.alerts import ALERTS
from tests.services.choice import binary, missing

pytestmark = pytest.mark.integration

FOLDER = Path(__file__).parents[3] / "prometheus"


def promtool(*arguments: object) -> subprocess.CompletedProcess[str]:
    program = binary("promtool")
    if program is None:
        missing("promtool", "run tools/install-prometheus.sh")
    command = [str(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_rules_are_understood() -> None:
    done = promtool("check", "rules", FOLDER / "rules.yml")
    assert done.returncode == 0, done.stderr
    assert f"{len(ALERTS)} rules found" in done.stdout


@pytest.mark.parametrize("name", ["prometheus.yml", "prometheus.native.yml"])
def test_the_configuration_is_understood(name: str) -> None:
    done = promtool("check", "config", FOLDER / name)
    assert done.returncode == 0, done.stderr


def test_the_rules_fire_when_they_should_and_not_before() -> None:
    done = promtool("test", "rules", FOLDER / "rules.test.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_rule_with_another_limit_fails_its_test(tmp_path: Path) -> None:
    """The tests of the rules themselves: one that nobody sees fail proves nothing."""
    text = (FOLDER / "rules.yml").read_text(encoding="utf-8")
    (tmp_path / "rules.yml").write_text(text.replace("> 60\n", "> 600\n"), encoding="utf-8")
    tests = tmp_path / "rules.test.yml"
    tests.write_bytes((FOLDER / "rules.test.yml").read_bytes())
    done = promtool("test", "rules", tests)
    assert done.returncode != 0
    assert "IncidentUnacknowledged" in done.stdout + done.stderr


def test_every_rule_has_a_test_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    cases = [
        case
        for group in yaml.safe_load((FOLDER / "rules.test.yml").read_text(encoding="utf-8"))[
            "tests"
        ]
        for case in group["alert_rule_test"]
    ]
    for alert in ALERTS:
        fired = {bool(each.get("exp_alerts")) for each in cases if each["alertname"] == alert.name}
        assert True in fired, f"{alert.name} never fires"
        if alert.name != "CertificateExpiring":  # its one case has a certificate of each kind
            assert False in fired, f"{alert.name} is never quiet"
