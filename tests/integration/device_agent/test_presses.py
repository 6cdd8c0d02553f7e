"""A press on a real process: to the disk, to the broker, until it is received; through kills."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from runtime.clock import SystemClock
from tests.e2e.receiver import TestReceiver
from tests.integration.device_agent.conftest import Broker, MakeBroker
from tests.integration.device_agent.process import AgentProcess
from tests.integration.device_agent.services import DEVICE, Services
from tests.services.choice import missing, wait_until

pytestmark = pytest.mark.integration


def connected(agent: AgentProcess) -> None:
    agent.start()
    wait_until(lambda: agent.ask()["link"]["up"], "the agent to connect")


def test_a_press_is_resent_until_it_is_received_and_updated_until_closed(
    agent: AgentProcess, services: Services, gps: TestReceiver
) -> None:
    connected(agent)
    agent.press()
    services.wait_for("three sendings", lambda: len(services.panics()) >= 3)
    first = services.panics()[0]
    assert (first.update, first.kind, first.silent, first.location) == (0, "button", False, None)
    assert {each.panic_id for each in services.panics()} == {first.panic_id}
    assert services.panics()[2].age_ms is not None
    services.answer(first, "acknowledged")
    wait_until(lambda: agent.ask()["panics"][0]["stage"] == "acknowledged", "the receipt")
    gps.send(SystemClock().now_ms(), 25.0, 121.5)
    services.wait_for("an update", lambda: services.panics()[-1].update == 1)
    update = services.panics()[-1]
    assert update.panic_id == first.panic_id
    assert update.location is not None
    services.answer(update, "closed", version=2)
    wait_until(lambda: agent.ask()["panics"][0]["state"] == "ended", "the close")


def test_a_press_survives_a_kill_without_a_broker(
    agent: AgentProcess, services: Services, broker: Broker
) -> None:
    connected(agent)
    broker.server.kill()
    agent.press()
    wait_until(lambda: agent.ask()["panics"] != [], "the press")
    panic_id = agent.ask()["panics"][0]["panic_id"]
    wait_until(lambda: not agent.ask()["link"]["up"], "the agent to miss the broker")
    agent.kill()
    agent.start()
    broker.server.start()
    services.wait_for("the press", lambda: services.panics() != [])
    panic = services.panics()[0]
    assert (panic.panic_id, panic.update, panic.age_ms) == (panic_id, 0, None)


def test_a_press_goes_on_after_a_kill_with_numbers_never_used(
    agent: AgentProcess, services: Services, gps: TestReceiver
) -> None:
    connected(agent)
    agent.press()
    services.wait_for("the press", lambda: services.panics() != [])
    gps.send(SystemClock().now_ms(), 25.0, 121.5)
    services.wait_for("the update", lambda: services.panics()[-1].update == 1)
    agent.kill()
    before = len(services.panics())
    agent.start()
    services.wait_for("the press again", lambda: len(services.panics()) > before)
    again = services.panics()[before]
    assert (again.panic_id, again.update) == (services.panics()[0].panic_id, 1)
    assert again.location == services.panics()[before - 1].location
    gps.send(SystemClock().now_ms(), 26.0, 121.5)
    services.wait_for("the next update", lambda: services.panics()[-1].update > 1)


def test_a_kill_at_the_moment_of_the_press_leaves_no_sent_press_behind(
    agent: AgentProcess, services: Services
) -> None:
    """Whatever reached the broker is on disk: the restarted agent sends the same one."""
    for _ in range(5):
        connected(agent)
        before = len(services.panics())
        agent.press()
        services.wait_for_count(before + 1, "the press", services.panics)
        agent.kill()
        sent = services.panics()[-1]
        agent.start()
        assert sent.panic_id in {each["panic_id"] for each in agent.ask()["panics"]}
        services.answer(sent, "closed")
        wait_until(lambda: agent.ask()["panics"][-1]["state"] == "ended", "the close")
        agent.stop()


def test_a_broker_on_which_nobody_takes_presses_is_left_for_the_next(
    gps: TestReceiver, make_broker: MakeBroker, services: Services, broker: Broker, tmp_path: Path
) -> None:
    deserted = make_broker("deserted")
    agent = AgentProcess(tmp_path, gps.port, deserted.url, broker.url)
    connected(agent)
    assert agent.ask()["link"]["broker"] == deserted.url
    agent.press()
    services.wait_for("the press", lambda: services.panics() != [])
    assert 2500 < (services.panics()[0].age_ms or 0) < 6000, "PUBACK within 3 s is wanted"
    assert agent.stop() == 0


def test_the_first_broker_is_returned_to_and_nobody_hears_lost(
    gps: TestReceiver, make_broker: MakeBroker, services: Services, broker: Broker, tmp_path: Path
) -> None:
    first = make_broker("first")
    first.server.kill()
    agent = AgentProcess(tmp_path, gps.port, first.url, broker.url)
    agent.start("import device_agent.tracker as t; t.RETURN_AFTER_S = 0.5")
    wait_until(lambda: agent.ask()["link"]["broker"] == broker.url, "the second broker")
    services.wait_for("its status", lambda: services.statuses() != [])
    first.server.start()
    wait_until(lambda: agent.ask()["link"]["broker"] == first.url, "the return")
    assert {each.state for each in services.statuses()} == {"online"}
    assert agent.stop() == 0


def test_a_test_press_is_a_test(agent: AgentProcess, services: Services) -> None:
    connected(agent)
    command = subprocess.Popen(
        [sys.executable, "-m", "guardian", "agent", "test-press"],
        env=agent.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    services.wait_for("the press", lambda: services.panics() != [])
    services.answer(services.panics()[0])
    output, _ = command.communicate(timeout=20)
    assert command.returncode == 0
    assert "received by the dispatcher" in output
    assert services.panics()[0].kind == "test"


def test_a_signal_during_the_start_is_a_press(agent: AgentProcess, services: Services) -> None:
    agent.launch()
    assert agent.process is not None
    status = Path(f"/proc/{agent.process.pid}/status")
    if not status.exists():
        pytest.skip("only Linux tells whether a signal is blocked")
    wait_until(lambda: _blocks(status, signal.SIGUSR1), "SIGUSR1 to be blocked")
    agent.press()
    services.wait_for("the press", lambda: services.panics() != [])


def _blocks(status: Path, number: signal.Signals) -> bool:
    (mask,) = (line for line in status.read_text().splitlines() if line.startswith("SigBlk:"))
    return bool(int(mask.split()[1], 16) >> number - 1 & 1)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        missing("a small file system", "mounting needs root")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_on_a_full_disk_a_press_goes_out_from_memory_and_says_so(
    agent: AgentProcess, services: Services, tiny_disk: Path
) -> None:
    agent.environ["GUARDIAN_STATE_DIR"] = str(tiny_disk)
    agent.state_dir = tiny_disk
    connected(agent)
    ballast = tiny_disk / "ballast"
    fill = ["dd", "if=/dev/zero", f"of={ballast}", "bs=1k"]
    assert subprocess.run(fill, check=False, capture_output=True).returncode != 0
    agent.press()
    services.wait_for("the press", lambda: services.panics() != [])
    assert (services.panics()[0].age_ms or 0) < 1500
    services.wait_for("the fault", lambda: services.statuses()[-1].faults == ["disk_full"])
    services.answer(services.panics()[-1])
    ballast.unlink()
    services.wait_for("all well", lambda: services.statuses()[-1].faults == [], 20)
    panic_id = services.panics()[0].panic_id
    agent.kill()
    agent.start()
    assert [each["panic_id"] for each in agent.ask()["panics"]] == [panic_id]


def test_a_damaged_outbox_is_set_aside_and_said_so(agent: AgentProcess, services: Services) -> None:
    agent.state_dir.mkdir()
    (agent.state_dir / "outbox.db").write_bytes(b"damaged" * 1000)
    connected(agent)
    services.wait_for("the fault", lambda: services.statuses()[-1].faults == ["outbox_reset"])
    assert (agent.state_dir / "outbox.db.broken").exists()
    agent.press()
    services.wait_for("the press", lambda: services.panics() != [])


def test_a_thread_that_crashes_ends_the_process_and_the_press_lives_on(
    agent: AgentProcess, services: Services
) -> None:
    connected(agent)
    agent.press()
    services.wait_for("the press", lambda: services.panics() != [])
    agent.kill()
    agent.launch("import device_agent.serial_port as p; p.Port._opened = lambda self: 1 / 0")
    assert agent.process is not None
    assert agent.process.wait(20) == 1
    assert agent.events("loop_crashed")[0]["loop"] == "reader"
    agent.process = None
    before = len(services.panics())
    agent.start()
    services.wait_for("the press again", lambda: len(services.panics()) > before)
    assert {each.panic_id for each in services.panics()} == {services.panics()[0].panic_id}


def test_systemd_is_fed_without_a_receiver_and_without_a_broker(
    tmp_path: Path,
) -> None:
    """No data and no broker are states; they never starve the watchdog."""
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(address))
        systemd.settimeout(10)
        agent = AgentProcess(tmp_path, str(tmp_path / "no-port"), "mqtt://127.0.0.1:1")
        agent.environ |= {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "2000000"}
        agent.launch()
        received = {systemd.recv(100) for _ in range(2)}
        assert received == {b"READY=1", b"WATCHDOG=1"}
        clock, fed = SystemClock(), []
        for _ in range(60):  # one a second
            assert systemd.recv(100) == b"WATCHDOG=1"
            fed.append(clock.monotonic())
        assert max(later - sooner for sooner, later in pairwise(fed)) < 2
        agent.kill()


def test_the_process_is_small(agent: AgentProcess, services: Services, gps: TestReceiver) -> None:
    """36 MB is what a small board has for it; its tenth of slack is for other machines."""
    connected(agent)
    gps.send(SystemClock().now_ms(), 25.0, 121.5)
    services.wait_for("a location", lambda: services.locations() != [])
    assert agent.process is not None
    status = Path(f"/proc/{agent.process.pid}/status")
    if not status.exists():
        pytest.skip("only Linux tells the resident size")
    (line,) = (each for each in status.read_text().splitlines() if each.startswith("VmRSS"))
    assert int(line.split()[1]) < 40_000


def test_the_state_is_private(agent: AgentProcess) -> None:
    connected(agent)
    modes = {file.name: file.stat().st_mode & 0o777 for file in agent.state_dir.iterdir()}
    assert set(modes.values()) == {0o600}
    assert agent.state_dir.stat().st_mode & 0o777 == 0o700
    assert {"agent.lock", "agent.sock", "outbox.db"} <= set(modes)
    assert agent.ask()["device"] == DEVICE
    assert os.geteuid() == agent.state_dir.stat().st_uid
