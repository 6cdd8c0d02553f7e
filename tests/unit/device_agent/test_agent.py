import json
import subprocess
import sys

from device_agent.agent import link_settings
from device_agent.settings import AgentSettings
from runtime.settings import load

SERVER_ONLY = {
    "sqlalchemy", "alembic", "argon2", "cryptography", "fastapi", "starlette", "pydantic",
    "influxdb_client", "reactivex", "prometheus_client", "psycopg", "rich", "standardwebhooks",
    "urllib3", "uvicorn", "asyncio", "requests",
    "ingest", "dispatcher", "telemetry_store", "broker_config",
}  # fmt: skip
"""What a tracker has no use for; each megabyte and each tenth of a second counts there."""

_LIST_MODULES = """
import json, sys
import guardian.cli
from guardian.commands.agent import agent, run
from device_agent.agent import Agent, run_agent
import device_agent.buttons.gpio, device_agent.buttons.input_event
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_the_process_imports_nothing_that_a_tracker_does_not_need() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LIST_MODULES], capture_output=True, check=True, timeout=30
    )
    loaded = set(json.loads(done.stdout))
    assert {"serial", "pynmea2", "paho", "msgspec", "sqlite3"} <= loaded
    assert loaded & SERVER_ONLY == set()


def test_the_client_id_is_the_device_id_and_the_session_is_kept() -> None:
    settings = load(
        AgentSettings,
        environ={
            "GUARDIAN_DEVICE": "tracker-a",
            "GUARDIAN_BROKERS": "mqtt://localhost:1",
            "GUARDIAN_SERIAL_PORT": "/dev/null",
        },
    )
    link = link_settings(settings)
    assert link.client_id == "tracker-a"
    assert link.clean_start is False
    assert link.session_expiry_s >= 3600
    assert link.send_buffer is not None
    assert link.not_before is not None
