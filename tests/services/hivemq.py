"""A real HiveMQ CE: another MQTT 5 broker, for what is to work with any."""

import signal
import subprocess
from pathlib import Path

from guardian.demo.probes import free_ports, listening
from tests.services.choice import CACHE, binary, missing, wait_until

VERSION = "2025.5"
CONFIG = """<?xml version="1.0"?>
<hivemq>
  <listeners>
    <tcp-listener><port>{port}</port><bind-address>127.0.0.1</bind-address></tcp-listener>
  </listeners>
  <persistence><mode>in-memory</mode></persistence>
  <mqtt>
    <queued-messages><max-queue-size>100000</max-queue-size></queued-messages>
    <receive-maximum><server-receive-maximum>65535</server-receive-maximum></receive-maximum>
  </mqtt>
  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
</hivemq>
"""
"""As our Mosquitto: nothing on disk, and a queue that is long, but not endless.

Its defaults, 1,000 messages a queue and 10 unacknowledged ones of a sender, are less than the
suites send.
"""
JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m")
"""For a quick start; it runs for seconds."""


class HiveMq:
    """A broker under test, with the methods of `tests.services.mosquitto.Mosquitto`."""

    def __init__(self, folder: Path) -> None:
        java, home = binary("java"), CACHE / f"hivemq-{VERSION}"
        if java is None or not (home / "HiveMq.class").exists():
            missing("HiveMQ", "run tools/install-hivemq.sh")
        (self.port,) = free_ports(1)
        self.url = f"mqtt://127.0.0.1:{self.port}"
        for name in ("conf", "data", "extensions"):
            (folder / name).mkdir()
        (folder / "conf" / "config.xml").write_text(CONFIG.format(port=self.port))
        self._command = [str(java), *JVM, "-cp", f"{home}:{home}/lib/*", "HiveMq", str(folder)]
        self._log = folder / "hivemq.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it accepts."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        process = self._process
        wait_until(
            lambda: process.poll() is not None or listening(self.port), "HiveMQ to listen", 90
        )
        assert process.poll() is None, f"HiveMQ ended at once:\n{self.log()}"

    def kill(self) -> None:
        """End it as a power cut does; its queues and sessions are gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def reload(self) -> None:
        """Do nothing: it has no access rules of ours."""

    def log(self) -> str:
        """Return what it has logged."""
        return self._log.read_text(errors="replace")

    @property
    def running(self) -> bool:
        """Say whether it was started and not ended."""
        return self._process is not None

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None
