"""`guardian demo`: all of Guardian for a look, and nothing of it left afterwards."""

import json
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from contract.errors import GuardianError
from dispatcher.accounts import Accounts
from dispatcher.store.engine import Database
from guardian.demo.feeder import Receiver
from guardian.demo.playback import RECORDINGS, recorded
from guardian.demo.scene import Scene, StoppedError
from runtime.clock import Clock, SystemClock
from runtime.lifecycle import EXIT_FAILED, EXIT_OK, Stopping, install

USER = "demo"
SPARE = "demo-spare"
PANIC_AFTER_S = 15.0
"""Long enough to log in and see the trackers at rest."""
CHECK_S = 0.5
"""How soon the end of a process is noticed."""
SPREAD_S = 40
"""Trackers that play the same recording are so many seconds apart."""
AGENT_SETTINGS = {"GUARDIAN_INTERVAL_S": "2"}
"""A position every two seconds: the console shows fixes younger than ten."""


@dataclass(frozen=True)
class Ready:
    """What somebody needs who wants to use the demo."""

    console: str
    user: str
    password: str
    token: str
    broker: str
    ca: Path
    pki: Path
    trackers: dict[str, Path]

    def write(self, path: Path) -> None:
        """Write it as one JSON object that only its owner may read, all at once."""
        content = {
            "broker": self.broker,
            "ca": str(self.ca),
            "console": self.console,
            "user": self.user,
            "password": self.password,
            "token": self.token,
            "pki": str(self.pki),
            "trackers": {device: str(folder) for device, folder in self.trackers.items()},
        }
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file, indent=2)
        draft.replace(path)

    def withdraw(self, path: Path) -> None:
        """Remove the file, unless another demo has written its own there."""
        if path.exists() and str(self.pki) in path.read_text():
            path.unlink()


def run(ready_file: Path | None, say: Callable[[str], None]) -> int:
    """Run the demo until a signal; return the exit code."""
    stopping = Stopping()
    undo = install(stopping)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup's wish
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))
    try:
        with ExitStack() as cleanup:
            cleanup.callback(undo)
            folder = Path(tempfile.mkdtemp(prefix="guardian-demo-"))
            cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
            return _run(folder, stopping, cleanup, ready_file, say)
    except StoppedError:
        return EXIT_OK
    except (GuardianError, OSError) as error:  # a full disk, a READY that cannot be written
        say(f"The demo cannot go on: {error}")
        return EXIT_FAILED


def _run(
    folder: Path,
    stopping: Stopping,
    cleanup: ExitStack,
    ready_file: Path | None,
    say: Callable[[str], None],
) -> int:
    clock = SystemClock()
    scene = Scene(folder, clock, stopping, temporary=True)
    cleanup.callback(scene.children.stop)
    say("Starting broker, ingest, dispatcher and three trackers ...")
    ready = _start(scene, clock, cleanup)
    if ready_file is not None:
        cleanup.callback(ready.withdraw, ready_file)
        ready.write(ready_file)
    say(_welcome(ready))
    if not _watch(scene, stopping, PANIC_AFTER_S):
        scene.children.find(_presser()).signal(signal.SIGUSR1)
        say(f"{_presser()} has pressed its button.")
        while not _watch(scene, stopping, CHECK_S):
            pass
    say("Ending everything ...")
    return EXIT_OK


def _start(scene: Scene, clock: Clock, cleanup: ExitStack) -> Ready:
    scene.prepare()
    scene.start_broker()
    scene.start_ingest()
    scene.start_dispatcher()
    trackers = {}
    for number, name in enumerate(RECORDINGS):
        device = f"demo-{name}"
        receiver = Receiver(recorded(name), clock, offset=number * SPREAD_S)
        cleanup.callback(receiver.stop)
        receiver.start()
        trackers[device] = scene.enrol(device)
        scene.start_agent(trackers[device], receiver.port, AGENT_SETTINGS)
    trackers[SPARE] = scene.enrol(SPARE)
    return _give_access(scene, clock, trackers)


def _give_access(scene: Scene, clock: Clock, trackers: dict[str, Path]) -> Ready:
    password = secrets.token_urlsafe(9)
    database = Database(scene.database_url)
    try:
        accounts = Accounts(database, clock)
        accounts.add_user(USER, password)
        token = accounts.add_token("demo", user=USER)
    finally:
        database.close()
    return Ready(
        scene.console_url, USER, password, token, scene.broker_url, scene.ca, scene.pki, trackers
    )


def _presser() -> str:
    """Return the tracker that presses: the one on foot."""
    return f"demo-{RECORDINGS[0]}"


def _watch(scene: Scene, stopping: Stopping, seconds: float) -> bool:
    """Wait so long while all processes run; True when it is to end.

    Raises:
        ChildEndedError: one of them has ended.
    """
    waited = 0.0
    while waited < seconds:
        scene.children.check()
        if stopping.wait(CHECK_S):
            return True
        waited += CHECK_S
    return False


def _welcome(ready: Ready) -> str:
    return f"""
  Console    {ready.console}
  Login      {ready.user}
  Password   {ready.password}

  Trackers   {", ".join(sorted(set(ready.trackers) - {SPARE}))}
  Broker     {ready.broker}   ({SPARE} is enrolled for a client of yours:
             {ready.trackers[SPARE]})

  {_presser()} presses its button in {PANIC_AFTER_S:.0f} s. Ctrl-C ends everything.
"""
