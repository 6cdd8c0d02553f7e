"""What each container may do, may read, and is told."""

import json
from typing import Any

import pytest

from tests.compose.installation import ONE_SHOTS, SERVICES, Installation, docker

KEYS = {
    "broker": {"/etc/guardian/pki/broker/server.key", "/run/identity/service.key"},
    "dispatcher": {"/run/identity/service.key", "/run/https/dispatcher.key"},
    "ingest": {"/run/identity/service.key"},
    "watch": {"/run/identity/service.key"},
}
"""The private keys that a service holds: its own, and those of the ports that it serves."""
TOKENS = {"ingest": "ingest", "dispatcher": "dispatcher"}
WHO_SEES = {
    "FIRST_PASSWORD": {"account"},
    "GRAFANA_ADMIN_PASSWORD": {"grafana"},
    "GRAFANA_SECRET_KEY": {"grafana"},
}


@pytest.fixture
def config(installation: Installation) -> Any:
    """What `docker compose config` shows, with every profile."""
    said = installation.compose("--profile", "*", "config", "--format", "json")
    return json.loads(said)["services"]


def test_nothing_is_declared_without_bounds(config: Any) -> None:
    """Also what does not run here: Grafana, admin and the simulator."""
    assert set(config) == SERVICES | ONE_SHOTS | {"grafana", "admin", "simulate"}
    for name, service in config.items():
        assert service["user"] == "10001:10001", name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert "privileged" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert int(service["mem_limit"]) > 0, name
        assert service["pids_limit"] > 0, name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name
        assert "DOCKER_INFLUXDB_INIT_MODE" not in (service.get("environment") or {}), name


def test_what_runs_is_healthy_and_can_do_nothing_else(installation: Installation) -> None:
    installation.await_health()
    for service in sorted(SERVICES):
        found = installation.inspect(service)
        assert found["State"]["Health"]["Status"] == "healthy", service
        assert found["HostConfig"]["ReadonlyRootfs"] is True, service
        assert found["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped", service
        assert found["HostConfig"]["Memory"] > 0, service
        status = installation.execute(service, "cat", "/proc/1/status")
        lines = dict(line.partition(":")[::2] for line in status.splitlines())
        assert set(lines["Uid"].split()) == {"10001"}, service
        assert int(lines["CapEff"], 16) == int(lines["CapBnd"], 16) == 0, service
        assert lines["NoNewPrivs"].strip() == "1", service
        with pytest.raises(AssertionError, match="Read-only file system"):
            installation.execute(service, "touch", "/usr/here")


def test_what_is_done_once_has_succeeded(installation: Installation) -> None:
    for service in sorted(ONE_SHOTS):
        state = installation.inspect(service)["State"]
        assert (state["Status"], state["ExitCode"]) == ("exited", 0), service


def test_each_service_holds_its_own_keys_and_token_alone(installation: Installation) -> None:
    """And the authorities' keys nobody, nor InfluxDB's administrator's token.

    What a restore has put aside is the service's own too.
    """
    for service in sorted(SERVICES):
        found = installation.execute(
            service, "sh", "-c",
            "grep -rlsE 'PRIVATE KEY' /etc/guardian /run /var/lib/guardian || true",
        )  # fmt: skip
        present = {key for key in found.split() if "/before-restore-" not in key}
        assert present == KEYS.get(service, set()), service
        listed = installation.execute(service, "sh", "-c", "ls /run/tokens 2>/dev/null || true")
        assert listed.split() == ([TOKENS[service]] if service in TOKENS else []), service


def test_only_trackers_and_browsers_are_let_in(installation: Installation) -> None:
    """Prometheus from this machine alone, InfluxDB and ingest not at all."""
    reached = {}
    for service in sorted(SERVICES):
        ports = installation.inspect(service)["NetworkSettings"]["Ports"]
        bindings = [each for bound in ports.values() for each in bound or []]
        reached[service] = {each["HostIp"] for each in bindings}
    assert reached == {
        "broker": {"0.0.0.0"}, "dispatcher": {"0.0.0.0"}, "prometheus": {"127.0.0.1"},
        "influxdb": set(), "ingest": set(), "watch": set(),
    }  # fmt: skip


def test_a_secret_is_shown_to_who_needs_it(installation: Installation, config: Any) -> None:
    """In `docker compose config`; of tokens and keys nothing is there at all."""
    values = installation.env()
    for secret, services in WHO_SEES.items():
        assert len(values[secret]) >= 24
        shown = {name for name, service in config.items() if values[secret] in json.dumps(service)}
        assert shown == services, secret


def test_no_log_and_no_running_container_tells_a_secret(installation: Installation) -> None:
    secrets = [installation.env()[name] for name in WHO_SEES]
    secrets += [
        installation.execute(service, "cat", f"/run/tokens/{token}").strip()
        for service, token in TOKENS.items()
    ]
    told = installation.compose("logs", "--no-color").decode()
    for service in sorted(SERVICES):
        (container,) = installation.containers(service)
        told += docker("inspect", container).decode()
    assert [secret for secret in secrets if secret in told] == []
    assert "PRIVATE KEY" not in told
