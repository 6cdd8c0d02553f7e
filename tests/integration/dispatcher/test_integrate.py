"""docs/integrate.md as it stands, against a real dispatcher."""

import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatcher.accounts import Accounts, Scope
from dispatcher.store.engine import Database
from runtime.clock import SystemClock
from tests.integration.dispatcher.process import DispatcherProcess
from tests.integration.ingest.conftest import Broker
from tests.services.choice import missing

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

PAGE = (Path(__file__).parents[3] / "docs" / "integrate.md").read_text()
REVOKED_S = 5.0
SLACK_S = 5.0
"""What a loaded machine may add."""


@pytest.fixture
def dispatcher(tmp_path: Path) -> Iterator[DispatcherProcess]:
    (tmp_path / "broker").mkdir()
    broker = Broker(tmp_path / "broker")
    broker.server.start()
    made = DispatcherProcess(tmp_path, broker.url, f"sqlite:///{tmp_path / 'incidents.db'}")
    made.start()
    yield made
    made.kill()
    broker.server.stop()


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def token(dispatcher: DispatcherProcess, *scopes: Scope) -> tuple[Accounts, str]:
    accounts = Accounts(Database(dispatcher.database_url), SystemClock())
    return accounts, accounts.add_token("-".join(scopes).replace(":", "-"), scopes=scopes)


def test_the_commands_of_curl_do_what_the_page_says(dispatcher: DispatcherProcess) -> None:
    if shutil.which("curl") is None:
        missing("curl", "apt-get install curl")
    _, cad = token(dispatcher, "incidents:read", "incidents:write")
    _, sms = token(dispatcher, "panics:write")
    commands = [
        line for line in block("sh").splitlines() if not re.match(r"(GUARDIAN|CAD|SMS)=", line)
    ]
    assert len(commands) == len(block("sh").splitlines()) - 3
    script = "\n".join(
        [
            "set -eu",
            f'GUARDIAN="{dispatcher.url}"',
            f'CAD="Authorization: Bearer {cad}"',
            f'SMS="Authorization: Bearer {sms}"',
            'curl() { command curl --silent --show-error --fail "$@"; echo; }',
            *commands,
        ]
    )
    for _ in range(2):  # a repetition changes nothing
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert '"stage":"received"' in done.stdout
    found = {item["device"]: item for item in dispatcher.incidents()}
    assert set(found) == {"taxi-0042", None}
    assert found["taxi-0042"]["presses"] == 1
    assert found[None]["origin"] == "call"


def test_the_program_in_python_works(dispatcher: DispatcherProcess, tmp_path: Path) -> None:
    _, cad = token(dispatcher, "incidents:read", "incidents:write")
    program = block("python").replace("https://console.example", dispatcher.url)
    file = tmp_path / "program.py"
    file.write_text(program.replace("gdn_...", cad))
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (incident,) = dispatcher.incidents()
    assert f"raised {incident['id']} acknowledged" in done.stdout
    assert f"acknowledged {incident['id']} acknowledged" in done.stdout


def test_the_stream_of_a_revoked_token_ends_within_five_seconds(
    dispatcher: DispatcherProcess,
) -> None:
    accounts, cad = token(dispatcher, "incidents:read")
    request = urllib.request.Request(
        f"{dispatcher.url}/api/v1/events", headers={"Authorization": f"Bearer {cad}"}
    )
    with urllib.request.urlopen(request, timeout=REVOKED_S + SLACK_S) as stream:
        assert b"retry" in stream.readline()
        (known,) = (each for each in accounts.tokens() if each.name == "incidents-read")
        accounts.revoke_token(known.id)
        began = time.monotonic()
        while stream.readline():
            assert time.monotonic() - began < REVOKED_S + SLACK_S
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request, timeout=10)
