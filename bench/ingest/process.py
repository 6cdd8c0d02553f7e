"""A consumer as a process of its own: what it has used of processor and memory."""

import os
import signal
import subprocess
import time
from pathlib import Path

STILL_S = 2.0
"""Without any work for so long it has done everything; batches wait for 0.2 s, Telegraf's for 1."""
IDLE_SHARE = 0.02
"""What threads that only look round use of a core."""


class Consumer:
    """A running program."""

    def __init__(
        self, command: list[str], folder: Path, environ: dict[str, str], log: Path
    ) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                command, cwd=folder, env={**kept, **environ},
                stdout=subprocess.DEVNULL, stderr=out,
            )  # fmt: skip

    def cpu_s(self) -> float:
        """Return the processor time of all its threads, in seconds, to the nanosecond."""
        tasks = Path(f"/proc/{self._process.pid}/task")
        return sum(_scheduled_ns(each / "schedstat") for each in tasks.iterdir()) / 1e9

    def peak_mb(self) -> float:
        """Return the largest resident memory so far."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(each for each in status.splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def wait_until_still(self, seconds: float = 300.0) -> float:
        """Wait until it has nothing more to do; return when it last had (monotonic)."""
        last, last_at = self.cpu_s(), time.monotonic()
        deadline = last_at + seconds
        while time.monotonic() < deadline:
            time.sleep(0.05)
            now, now_at = self.cpu_s(), time.monotonic()
            if now - last > IDLE_SHARE * (now_at - last_at):
                last, last_at = now, now_at
            elif now_at - last_at > STILL_S:
                return last_at
        raise TimeoutError("the consumer never rests")

    def stop(self) -> None:
        """End it in order."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)


def _scheduled_ns(path: Path) -> int:
    try:
        return int(path.read_text().split()[0])
    except (FileNotFoundError, ProcessLookupError):
        return 0
